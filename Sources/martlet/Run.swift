internal import ArgumentParser
internal import Experiment

/// `martlet run`: simulates one experiment.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Simulates an experiment and prints its result.")

  @OptionGroup var options: ExperimentOptions

  @OptionGroup var results: ResultOptions

  func run() throws {
    try results.run(
      try Assembly(try options.load()),
      next:
        "martlet run \(options.experiment) --out results   # requests.csv, summary.json and more"
    )
  }
}
