public import Files
internal import Units
public import Workload

/// How somebody wants a trace to be read, and where they said so.
public struct TraceReading: Sendable {
  /// How it is read.
  public var options = TraceOptions()
  /// Where the format was named.
  public var formatPlace = Place.flag("--format")
  private var choices: [(option: ReadingOption, key: String, place: Place)] = []

  /// As the file says.
  public init() {}

  /// Notes that somebody chose `option` at `place`, under `key` unless the place has its name.
  public mutating func note(_ option: ReadingOption, at place: Place, key: String = "") {
    choices.append((option, key, place))
  }

  /// The trace at `path`.
  ///
  /// - Throws: `ConfigError` when the format is unknown, the file cannot be read in it, or a choice
  ///   was made that it does not leave.
  public func read(_ path: String) throws(ConfigError) -> Trace {
    try checkName()
    do {
      let trace = try readTrace(at: path, options: options)
      try check(trace.report.format)
      return trace
    } catch let error as ConfigError {
      throw error
    } catch {
      throw ConfigError(nil, "\(error)")
    }
  }

  private func checkName() throws(ConfigError) {
    let known = ["auto"] + traceFormats.map { $0.name }
    guard !known.contains(options.format) else { return }
    throw .unknown("trace format", options.format, known: known, at: formatPlace)
  }

  /// Checks that the format called `name`, which the file turned out to have, leaves all choices
  /// that were made.
  func check(_ name: String) throws(ConfigError) {
    for choice in choices {
      guard let fault = choice.option.fault(inFormat: name) else { continue }
      throw ConfigError(choice.place, key: choice.key, fault)
    }
  }
}

extension TraceReading {
  /// The reading that `config` asks for, without its rate, which is laid over it.
  init(_ config: TraceConfig, keepsBlocks: Bool, seed: UInt64) {
    options.format = config.format.value
    formatPlace = config.format.place
    options.limit = config.limit?.value
    options.speedup = config.speedup.value
    options.concurrency = config.concurrency?.value
    options.blockTokens = config.blockTokens?.value
    options.keepsBlocks = keepsBlocks
    options.seed = seed
    if let gap = config.sessionGap {
      options.sessionGap = gap.value.value
      note(.sessionGap, at: gap.place, key: gap.key)
    }
    if let characters = config.charactersPerToken {
      options.charactersPerToken = characters.value
      note(.charactersPerToken, at: characters.place, key: characters.key)
    }
    if let size = config.blockTokens { note(.blockTokens, at: size.place, key: size.key) }
    if config.speedup.value != 1 {
      note(.speedup, at: config.speedup.place, key: config.speedup.key)
    }
  }
}
