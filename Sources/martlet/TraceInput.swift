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

  @OptionGroup var options: ReadingOptions
}

/// How a file of requests is read.
struct ReadingOptions: ParsableArguments {
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

  /// The first of these flags that was given.
  var given: String? {
    if format != "auto" { return "--format" }
    if limit != nil { return "--limit" }
    if sessionGap != nil { return "--session-gap" }
    if charactersPerToken != nil { return "--characters-per-token" }
    return blockTokens == nil ? nil : "--block-tokens"
  }

  /// What the flags ask for.
  func reading() throws(ConfigError) -> TraceReading {
    var reading = TraceReading()
    reading.options.format = format
    reading.options.limit = limit
    reading.options.blockTokens = blockTokens
    if blockTokens != nil { reading.note(.blockTokens, at: .flag("--block-tokens")) }
    if let charactersPerToken {
      reading.options.charactersPerToken = charactersPerToken
      reading.note(.charactersPerToken, at: .flag("--characters-per-token"))
    }
    guard let sessionGap else { return reading }
    reading.note(.sessionGap, at: .flag("--session-gap"))
    do {
      reading.options.sessionGap = try Seconds(parsing: sessionGap).value
    } catch {
      throw ConfigError(.flag("--session-gap"), "\(error)")
    }
    return reading
  }
}
