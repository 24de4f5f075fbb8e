internal import ArgumentParser
internal import Experiment
internal import Files
internal import Studies

/// `martlet validate`: reads an experiment, a sweep or a scenario and says what is wrong.
struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Checks an experiment, every point of a sweep file or a scenario; runs nothing.")

  @OptionGroup var options: ExperimentOptions

  @Flag(help: "Prints every key of an experiment with its value, defaults included.")
  var printConfig = false

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
    if printConfig, json { throw ValidationError("--print-config and --json exclude each other") }
  }

  func run() throws {
    var warnings = Warnings()
    let kind = try FileCheck.kind(of: options.experiment)
    guard kind == .experiment else {
      let check = kind == .sweep ? try sweep() : try scenario()
      for caveat in check.caveats { warnings.warn(caveat, caveat) }
      print(json ? check.json.text : check.text, terminator: "")
      warnings.finish()
      return
    }
    let config = try options.load()
    let assembly = try Assembly(config)
    let check = try FileCheck(assembly, file: options.experiment)
    if printConfig {
      print(config.effectiveYAML(assembly.resolved, in: "."), terminator: "")
    } else {
      print(json ? check.json.text : check.text, terminator: "")
    }
  }

  private func sweep() throws(ConfigError) -> FileCheck {
    guard options.changes.seed == nil else {
      throw ConfigError(.flag("--seed"), "a sweep has its seeds in the file, under seeds")
    }
    guard !printConfig else {
      throw ConfigError(.flag("--print-config"), "prints an experiment, this file is a sweep")
    }
    return FileCheck(
      try SweepPlan.load(options.experiment, overrides: try options.changes.list()))
  }

  private func scenario() throws(ConfigError) -> FileCheck {
    let reason = "has no meaning here: a scenario says itself what it runs and expects"
    if let override = try options.changes.list().first {
      throw ConfigError(.flag("--set \(override.text)"), reason)
    }
    for (flag, isGiven) in [
      ("--seed", options.changes.seed != nil), ("--print-config", printConfig),
    ]
    where isGiven { throw ConfigError(.flag(flag), reason) }
    return try FileCheck(scenario: options.experiment)
  }
}
