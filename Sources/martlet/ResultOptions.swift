internal import ArgumentParser
internal import Experiment
internal import Files
internal import Metrics

/// What one run prints and writes.
struct ResultOptions: ParsableArguments {
  @Option(
    help: "A new directory for the result files; without it nothing is written.",
    completion: .directory)
  var out: String?

  @Flag(help: "Prints summary.json instead of the table.")
  var json = false

  @Flag(help: "Prints no progress and no table.")
  var quiet = false

  @Flag(help: "Replaces an existing --out directory.")
  var force = false

  @Flag(help: "Simulates every engine step on its own: slower, the same results.")
  var exactSteps = false

  /// Runs `assembly`, prints its result and writes its files; without --out the last line says
  /// that `next` can be done.
  func run(_ assembly: Assembly, next: String) throws {
    var warnings = Warnings()
    let stop: String?
    if let out {
      let directory = try OutputDirectory(at: out, force: force)
      let execution = try execute(assembly, &warnings)
      try execution.write(into: directory)
      try directory.publish()
      answer(execution, next)
      stop = execution.record.stop
    } else {
      let execution = try execute(assembly, &warnings)
      answer(execution, next)
      stop = execution.record.stop
    }
    warnings.finish()
    if let stop {
      printError("error: stopped by the progress watchdog: \(stop)")
      leave(with: .stuck)
    }
  }

  private func execute(
    _ assembly: Assembly, _ warnings: inout Warnings
  ) throws(ConfigError) -> Execution {
    var bar = ProgressBar(isShown: !quiet)
    let execution = try assembly.execute(
      exactSteps: exactSteps, clock: monotonicSeconds,
      warnings: &warnings
    ) { bar.show($0) }
    bar.clear()
    return execution
  }

  private func answer(_ execution: Execution, _ next: String) {
    if json {
      printBytes(execution.summary.json.bytes)
      return
    }
    guard !quiet else { return }
    // Two equal runs print the same bytes into a pipe or a file.
    let wall = isTerminal(standardOutput) ? execution.summary.description.wallTime : nil
    print(execution.headline(wallSeconds: wall))
    print(execution.summary.consoleBlock, terminator: "")
    if let out {
      print("wrote \(out)/{\(execution.files.joined(separator: ","))}")
    } else {
      print("next: \(next)")
    }
  }
}
