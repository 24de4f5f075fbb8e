internal import ArgumentParser
internal import Experiment
internal import Files

/// The command line: one subcommand a file.
@main
struct Martlet: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "martlet",
    abstract: "Simulates GPU clusters that serve large language models.",
    discussion: """
      The answer goes to standard output, warnings and progress to standard error.
      Exit codes: 0 done, 1 worse, or no value meets the SLOs, 2 usage or configuration error, \
      3 some points of a sweep failed, 4 stopped by the progress watchdog, 130 and 143 interrupted.
      """,
    version: martletVersion,
    subcommands: [
      Run.self, Demo.self, Sweep.self, Merge.self, Compare.self, Capacity.self, Cache.self,
      ScorecardVerb.self, ReportVerb.self, Plot.self, Validate.self, Explain.self, List.self,
      Trace.self,
      Calibrate.self, ValidateCost.self, ValidateRun.self, Completions.self,
    ])

  /// Parses and runs; every fault of usage or configuration ends with 2.
  static func main() {
    do {
      try refuseUnknownVerb(CommandLine.arguments.dropFirst(), of: configuration)
      var command = try parseAsRoot()
      try command.run()
      checkOutput()
    } catch {
      finish(error)
    }
  }

  /// Refuses a verb that `command` lacks, and in turn one that the verb's own command lacks.
  private static func refuseUnknownVerb(
    _ arguments: ArraySlice<String>, of command: CommandConfiguration
  ) throws(ConfigError) {
    let verbs = command.subcommands.map { $0.configuration }
    guard !verbs.isEmpty, let name = arguments.first, !name.hasPrefix("-"), name != "help"
    else { return }
    guard let verb = verbs.first(where: { $0.commandName == name }) else {
      let known = verbs.compactMap(\.commandName) + ["help"]
      throw .unknown("command", name, known: known, at: nil)
    }
    try refuseUnknownVerb(arguments.dropFirst(), of: verb)
  }

  private static func finish(_ error: any Error) -> Never {
    if let error = error as? ConfigError {
      printError("error: \(error)")
      leave(with: .usage)
    }
    let code = exitCode(for: error)
    let message = fullMessage(for: error)
    guard code.isSuccess else {
      printError(message)
      // ArgumentParser's own code for a usage error is 64.
      leave(with: code == .validationFailure ? .usage : Status(rawValue: code.rawValue))
    }
    if !message.isEmpty { print(message) }
    leave(with: .done)
  }
}
