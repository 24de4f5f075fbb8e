internal import ArgumentParser
internal import Experiment

/// `martlet demo`: the default experiment, from the binary alone.
struct Demo: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Simulates an experiment that needs no file.",
    discussion: "martlet demo --print > my.yaml writes that experiment, to start from.")

  @Flag(name: .customLong("print"), help: "Prints the experiment file and runs nothing.")
  var printsFile = false

  @OptionGroup var changes: OverrideOptions

  @OptionGroup var results: ResultOptions

  func validate() throws {
    guard printsFile else { return }
    let others = [
      (!changes.overrides.isEmpty, "--set"), (changes.seed != nil, "--seed"),
      (results.out != nil, "--out"), (results.json, "--json"), (results.quiet, "--quiet"),
      (results.force, "--force"), (results.exactSteps, "--exact-steps"),
    ]
    for (isThere, name) in others where isThere {
      throw ValidationError("--print and \(name) exclude each other")
    }
  }

  func run() throws {
    if printsFile {
      print(DemoExperiment.yaml, terminator: "")
      return
    }
    let config = try ExperimentConfig.read(
      DemoExperiment.yaml, file: "demo.yaml", overrides: try changes.list(),
      seed: try changes.checkedSeed())
    try results.run(
      try Assembly(config), next: "martlet demo --print > my.yaml   # an experiment to start from")
  }
}
