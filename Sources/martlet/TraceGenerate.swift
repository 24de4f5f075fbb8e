internal import ArgumentParser
internal import Experiment
internal import Files
internal import Metrics
internal import Workload

/// `martlet trace generate`: the requests of an experiment as a file.
struct TraceGenerate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Writes the requests of an experiment as a trace.",
    discussion: """
      In format vidur, or in our own when requests have sessions or prompt blocks; --to says \
      otherwise.
      """)

  @OptionGroup var options: ExperimentOptions

  @OptionGroup var output: TraceOutput

  func run() throws {
    try output.check()
    let assembly = try Assembly(try options.load())
    try assembly.checkOpenLoop()
    let workload = try assembly.workload()
    let requests = workload.requests
    let isPlain = requests.turns == nil && requests.chains == nil
    let format = try output.format() ?? (isPlain ? .vidur : .csv)
    try output.write(requests, as: format, workload.report)
  }
}
