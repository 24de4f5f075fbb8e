internal import ArgumentParser
internal import Experiment
internal import Files
internal import Workload

/// `martlet trace convert`: a trace of any format in our own.
struct TraceConvert: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Writes a trace of any format in our own, which run reads to the same result.",
    discussion: """
      The file is CSV, or JSON lines when it ends in .jsonl; --to says otherwise. Times are \
      seconds with 12 decimals.
      """)

  @OptionGroup var input: TraceInput
  @OptionGroup var output: TraceOutput

  @Option(help: "Divides the times between arrivals.")
  var speedup = 1.0

  @Option(
    help: """
      Rescales times to this mean rate in requests/s; draws a Poisson process where the file has \
      no times.
      """)
  var rate: Double?

  @Option(help: "The seed of arrivals that are drawn.")
  var seed: UInt64 = 1

  func run() throws {
    try output.check()
    var reading = try input.options.reading()
    reading.options.speedup = speedup
    if speedup != 1 { reading.note(.speedup, at: .flag("--speedup")) }
    reading.options.rate = rate
    reading.options.seed = seed
    let trace = try reading.read(input.file)
    var warnings = Warnings()
    let format = try output.format() ?? .csv
    output.report(try output.write(trace.requests, as: format, trace.report, &warnings))
    warnings.finish()
  }
}
