internal import Kernel
public import Metrics
internal import Units

/// Requests from a file and an account of how they were read.
public struct Trace: Sendable {
  /// The requests, in order of arrival.
  public var requests: RequestTable
  /// What was kept, what was dropped and why.
  public var report: TraceReport
}

/// How a trace is to be read.
public struct TraceOptions: Sendable {
  /// The name of a format, or `auto`: by the beginning of the file.
  public var format = "auto"
  /// Reads only until so many requests are kept, in the order of the file.
  public var limit: Int?
  /// Divides the times between arrivals.
  public var speedup = 1.0
  /// Rescales times to this mean rate in requests/s: (requests − 1) / (last − first arrival);
  /// draws a Poisson process of it where the file has no times.
  public var rate: Double?
  /// Ignores all times and replays the rows, in the order of the file, as a closed loop with so
  /// many requests in flight; exclusive with `speedup` and `rate`.
  public var concurrency: Int?
  /// Counts time from the first row; otherwise from the zero of the file's own clock.
  public var rebase = true
  /// Whether a request without output tokens is kept: it can ask a cache, but not a server.
  public var keepsEmptyOutputs = false
  /// Seconds from the start of one session to the start of the next, where each has a file and a
  /// clock of its own (`weka`).
  public var sessionGap = 60.0
  /// Characters of a token, where a file has text in place of token counts.
  public var charactersPerToken = 4.0
  /// The seed of arrivals that are drawn, where a file has none.
  public var seed: UInt64 = 1
  /// Whether the blocks of prompts are kept, 4 bytes each, or only counted.
  public var keepsBlocks = true
  /// Tokens of a prompt block; nil: as the format has it, or as all rows fit.
  public var blockTokens: Int?
  /// No block has more tokens.
  static let largestBlock: Int32 = 1 << 20

  /// All requests, at the times recorded.
  public init() {}

  /// Why these options cannot be used, nil when they can.
  var fault: String? {
    if let limit, limit < 1 { return "limit \(limit) must be at least 1" }
    if let blockTokens, !(1...Int(Self.largestBlock)).contains(blockTokens) {
      return "blocks of \(blockTokens) tokens must have 1...\(Self.largestBlock)"
    }
    if let concurrency {
      if concurrency < 1 { return "concurrency \(concurrency) must be at least 1" }
      if speedup != 1 || rate != nil {
        return "a closed loop ignores recorded times; leave speedup and rate out"
      }
    }
    if !(0...1e6).contains(sessionGap) { return "session gap \(sessionGap) must lie in 0...1e6 s" }
    if !(0.1...1000).contains(charactersPerToken) {
      return "characters per token \(charactersPerToken) must lie in 0.1...1000"
    }
    // Beyond these the clock's picoseconds mean nothing.
    if !(1e-9...1e9).contains(speedup), speedup > 0, speedup.isFinite {
      return "speedup \(speedup) must lie in 1e-9...1e9"
    }
    if let rate, rate > 0, rate.isFinite, !(1e-9...1e12).contains(rate) {
      return "rate \(rate) must lie in 1e-9...1e12"
    }
    if !(speedup > 0 && speedup.isFinite) { return "speedup \(speedup) must be above 0" }
    if let rate, !(rate > 0 && rate.isFinite) {
      return "rate \(rate) must be above 0 requests/s"
    }
    return nil
  }
}

/// An account of the reading of a trace: `rowsRead` = `kept` + the sum of `dropped`.
public struct TraceReport: Sendable {
  /// The name of the format.
  public var format: String
  /// Rows read, the header and blank lines not counted.
  public var rowsRead: Int
  /// Rows that became requests.
  public var kept: Int
  /// Rows that did not, by reason, in order of first appearance.
  public var dropped: [DroppedRows]
  /// Lines without any content.
  public var blankLines: Int
  /// What a reader should know, one line each.
  public var warnings: [String]
  /// Hash of the decompressed bytes that were read, as 16 hexadecimal digits.
  public var contentHash: String
  /// Prompt blocks whose name stands for another beginning elsewhere, in a format where a name
  /// stands for one.
  public var chainViolations = 0
  /// How the hashes of prompt blocks fit the prompt lengths; nil without hashes.
  public var blocks: BlockRule?
  /// Whether the file says when requests arrive.
  public var hasTimes = true
}

/// Rows that were dropped for one reason.
public struct DroppedRows: Sendable, Equatable {
  /// Why, such as `GeneratedTokens is 0`.
  public var reason: String
  /// How many.
  public var count: Int
  /// The line of the first, from 1.
  public var firstLine: Int
}

/// Reads a trace in one pass, plain or gzipped, in memory bounded by its longest line or document,
/// 16 bytes a request and 4 bytes a block; sessions with a file each from a directory or tar
/// archive.
///
/// Arrivals are whole picoseconds from the first row read (even if that one is dropped), exact for
/// every recorded decimal of a second, and ascending; rows with equal times keep their order.
///
/// - Throws: `TraceError` if the file cannot be read, is in no known format, or has no usable row.
public func readTrace(at path: String, options: TraceOptions) throws(TraceError) -> Trace {
  try readTrace(at: path, options: options, chunk: 1 << 20)
}

/// Reads a trace `chunk` bytes at a time, which changes nothing but speed and memory.
package func readTrace(
  at path: String, options: TraceOptions, chunk: Int
) throws(TraceError) -> Trace {
  if let fault = options.fault { throw TraceError(path, fault) }
  var trace = try recorded(at: path, options: options, chunk: chunk)
  try trace.applyRate(of: options, path: path)
  return trace
}

/// The trace at the times recorded.
private func recorded(
  at path: String, options: TraceOptions, chunk: Int
) throws(TraceError) -> Trace {
  if var files = try TraceFiles(inDirectory: path) {
    return try readFiles(&files, path: path, options: options)
  }
  var reader = try LineReader(path: path, chunk: chunk)
  if try reader.isTar() {
    var files = try TraceFiles(inArchive: path)
    return try readFiles(&files, path: path, options: options)
  }
  let first = try FirstLine(of: &reader, path: path)
  let type = try traceFormat(named: options.format, for: first, path: path)
  return try read(type, from: &reader, after: first, path: path, options: options)
}

extension Trace {
  /// Rescales the arrivals to the rate of `options`, when it has one.
  ///
  /// A trace that was read without a rate becomes what reading it with the rate gives, so one
  /// reading serves any number of rates. `path` is the file's, for messages.
  ///
  /// - Throws: `TraceError` if the rate cannot be used, or leads beyond the longest run.
  public mutating func applyRate(
    of options: TraceOptions, path: String
  ) throws(TraceError) {
    guard let rate = options.rate else { return }
    if let fault = options.fault { throw TraceError(path, fault) }
    if options.speedup != 1 {
      report.warnings.append("\(path): rate \(rate) overrides speedup \(options.speedup)")
    }
    if report.hasTimes {
      try rescale(&requests, to: rate, path: path)
    } else {
      try draw(ArrivalProcess.poisson(rate: rate), options.seed, for: &requests, path: path)
    }
  }
}

private func read<Format: TraceFormat>(
  _ type: Format.Type, from reader: inout LineReader, after first: FirstLine,
  path: String, options: TraceOptions
) throws(TraceError) -> Trace {
  var format = try Format(first: first, path: path)
  format.configure(options)
  reader.splitsDocuments = Format.traits.isDocument
  var rows = TraceRows(
    path: path, fields: Format.fields + Format.optionalFields, options: options,
    traits: Format.traits)
  if Format.hasHeader {
    try first.skip(in: &reader)
    rows.line = first.number
    rows.blankLines = first.number - 1
  }
  var isAtEnd = false
  while !rows.isFull, !isAtEnd {
    isAtEnd = try !reader.next { lines throws(TraceError) in try format.read(lines, into: &rows) }
  }
  return try trace(of: &rows, format, path: path, hash: reader.contentHash, options: options)
}

/// Reads files that make one trace, in their order.
private func readFiles(
  _ files: inout TraceFiles, path: String, options: TraceOptions
) throws(TraceError) -> Trace {
  guard let first = try files.next() else { throw TraceError(path, "holds no file of a trace") }
  let beginning = try FirstLine(of: first.bytes.span, path: first.path)
  let type = try traceFormat(named: options.format, for: beginning, path: first.path)
  guard type.traits.joinsFiles else {
    throw TraceError(
      path, "has files of format \(type.name), which is read from one file; name that file")
  }
  return try read(type, first, beginning, then: &files, path: path, options: options)
}

private func read<Format: TraceFormat>(
  _ type: Format.Type, _ file: TraceFiles.File, _ beginning: FirstLine,
  then files: inout TraceFiles, path: String, options: TraceOptions
) throws(TraceError) -> Trace {
  var format = try Format(first: beginning, path: file.path)
  format.configure(options)
  var rows = TraceRows(
    path: file.path, fields: Format.fields + Format.optionalFields, options: options,
    traits: Format.traits)
  var hash = StreamHash()
  var next: TraceFiles.File? = file
  while let file = next {
    rows.path = file.path
    rows.line = 0
    let count = try format.read(file.bytes.span, into: &rows)
    hash.add(file.bytes.span.extracting(0..<count))
    next = rows.isFull ? nil : try files.next()
  }
  return try trace(of: &rows, format, path: path, hash: hash.hex, options: options)
}

/// What was read, and an account of it.
private func trace<Format: TraceFormat>(
  of rows: inout TraceRows, _ format: Format, path: String, hash: String, options: TraceOptions
) throws(TraceError) -> Trace {
  let requests = try finished(
    &rows, format.tokensPerBlock, path: path, options: options)
  var report = TraceReport(
    format: Format.name, rowsRead: rows.rowsRead, kept: requests.count, dropped: rows.dropped,
    blankLines: rows.blankLines, warnings: rows.warnings, contentHash: hash,
    hasTimes: Format.traits.hasTimes)
  if requests.count == 0 { throw nothingLeft(of: report, path: path) }
  if options.concurrency == nil, let warning = rateWarning(requests, options) {
    report.warnings.append("\(path): \(warning)")
  }
  let known = report.warnings.count
  if format.hasChainedNames, rows.chainViolations > 0 {
    report.chainViolations = rows.chainViolations
    report.warnings.append(
      "hash_ids name \(rows.chainViolations) blocks by an id that has another predecessor above;"
        + " they are taken as different blocks")
  }
  format.conclude(&report)
  for i in known..<report.warnings.count { report.warnings[i] = "\(path): \(report.warnings[i])" }
  return Trace(requests: requests, report: report)
}

/// The requests in order of arrival.
private func finished(
  _ rows: inout TraceRows, _ tokensPerBlock: Int32, path: String, options: TraceOptions
) throws(TraceError) -> RequestTable {
  let line = rows.lineBeyondSpan
  guard line == nil, var requests = rows.sorted(tokensPerBlock: tokensPerBlock) else {
    throw TraceError(
      path, line: line,
      "arrives over 106 days after the first row, the longest run; set limit or speedup")
  }
  if let concurrency = options.concurrency { requests.close(at: concurrency) }
  return requests
}

private func nothingLeft(of report: TraceReport, path: String) -> TraceError {
  guard report.rowsRead > 0 else { return TraceError(path, "has a header but no rows") }
  let reasons = report.dropped.map {
    "\($0.reason) (\(rows($0.count)), first at line \($0.firstLine))"
  }
  return TraceError(
    path, line: report.dropped.first?.firstLine,
    "none of \(rows(report.rowsRead)) can be used: \(reasons.joined(separator: "; "))")
}

/// A doubt about the unit of time, if the rate as recorded is beyond what any service sees.
private func rateWarning(_ requests: RequestTable, _ options: TraceOptions) -> String? {
  guard let rate = requests.meanRate.map({ $0 / options.speedup }) else { return nil }
  let known = 1e-4...1e4
  if known.contains(rate) { return nil }
  return "its mean rate is \(rate) requests/s: are its times in another unit?"
}

func rescale(
  _ requests: inout RequestTable, to rate: Double, path: String
) throws(TraceError) {
  guard let recorded = requests.meanRate else {
    throw TraceError(path, "cannot be rescaled to a rate: all its requests arrive at one time")
  }
  let scale = TimeScale(factor: recorded / rate)
  var times: [Instant] = []
  times.reserveCapacity(requests.count)
  for arrival in requests.arrival {
    if arrival == .never {
      times.append(arrival)
      continue
    }
    guard let time = scale.apply(Int128(arrival.picoseconds)) else {
      throw TraceError(path, "at rate \(rate) its requests arrive over more than 106 days")
    }
    times.append(Instant(picoseconds: time))
  }
  requests.reschedule(times)
}

/// Replaces arrivals by those of `process`, drawn as `Generator` draws them.
private func draw(
  _ process: ArrivalProcess, _ seed: UInt64, for requests: inout RequestTable, path: String
) throws(TraceError) {
  var clock = ArrivalClock(process, seed: seed)
  var times: [Instant] = []
  times.reserveCapacity(requests.count)
  for _ in 0..<requests.count {
    guard let time = clock.next() else {
      throw TraceError(path, "at rate \(process.rate) its requests arrive over more than 106 days")
    }
    times.append(time)
  }
  requests.reschedule(times)
}

extension RequestTable {
  /// The arrivals that are known, ascending: all but those of turns that only a run can know.
  var knownArrivals: [Instant] {
    arrival.contains(.never) ? arrival.filter { $0 != .never } : arrival
  }

  /// (requests − 1) / (last − first arrival) in requests/s, of those whose arrival is known; nil if
  /// that is undefined.
  var meanRate: Double? {
    let known = knownArrivals
    guard let first = known.first, let last = known.last, last > first else { return nil }
    return Double(known.count - 1) / (Double(last - first) * 1e-12)
  }
}
