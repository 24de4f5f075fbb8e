internal import ArgumentParser
internal import Experiment
internal import Files
internal import Units
internal import Workload

/// A file of requests and how it is read.
struct TraceInput: ParsableArguments {
  @Argument(
    help: "The trace, plain or gzipped; for weka also a directory or tar archive.",
    completion: .file())
  var file: String

  @Option(
    help: "The format by name, see martlet list formats, or auto.", completion: .names(.formats))
  var format = "auto"

  @Option(help: "Reads only until so many requests are kept.")
  var limit: Int?

  @Option(
    help: ArgumentHelp(
      "From the start of one session to the next, where each has a clock of its own (60 s).",
      valueName: "time"))
  var sessionGap: String?

  @Option(help: "Characters of a token, where the file has texts (4).")
  var charactersPerToken: Double?

  @Option(help: "Tokens of a block of hash_ids, if not those of the format.")
  var blockTokens: Int?

  /// What the flags ask for.
  func options() throws(ConfigError) -> TraceOptions {
    var options = TraceOptions()
    options.format = format
    options.limit = limit
    options.blockTokens = blockTokens
    if let charactersPerToken { options.charactersPerToken = charactersPerToken }
    guard let sessionGap else { return options }
    do {
      options.sessionGap = try Seconds(parsing: sessionGap).value
    } catch {
      throw ConfigError(.flag("--session-gap"), "\(error)")
    }
    return options
  }
}
