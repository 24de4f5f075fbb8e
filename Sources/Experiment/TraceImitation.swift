public import Files
internal import Kernel
public import Metrics
public import Units
public import Workload

/// The answer of `martlet trace generate --like`: a synthetic trace and how like its original it
/// is.
public struct TraceImitation: Sendable {
  /// What to draw.
  public struct Wish: Sendable {
    /// Number of requests; nil and without `duration`: as many as the original has.
    public var requests: Int?
    /// How long they arrive; exclusive with `requests`.
    public var duration: Seconds?
    /// Mean rate in requests/s; nil: the original's.
    public var rate: Double?
    /// Seed of every random stream.
    public var seed: UInt64

    /// As many requests as the original has, at its rate.
    public init(
      requests: Int? = nil, duration: Seconds? = nil, rate: Double? = nil, seed: UInt64 = 1
    ) {
      self.requests = requests
      self.duration = duration
      self.rate = rate
      self.seed = seed
    }
  }

  /// The original, as the user named it.
  public let path: String
  /// How it was read.
  public let report: TraceReport
  /// What was drawn.
  public let requests: RequestTable
  /// Original against synthetic.
  public let likeness: LikenessReport
  /// What a reader should know besides, one line each.
  public let warnings: [String]
  private let seed: UInt64

  /// Reads the trace at `path` as `reading` says and draws one like it.
  ///
  /// - Throws: `ConfigError` when the trace cannot be read, is too short, or cannot be imitated as
  ///   wished.
  public init(
    of path: String, as reading: TraceReading = TraceReading(), _ wish: Wish = Wish()
  ) throws(ConfigError) {
    do {
      let trace = try reading.read(path)
      let model = try TraceLikeness(trace.requests)
      let count = try Self.count(wish, of: trace.requests, model)
      var drawn = try model.sample(count, seed: wish.seed, rate: wish.rate)
      if let duration = wish.duration { drawn.truncate(toArrivalsBefore: duration) }
      self.path = path
      report = trace.report
      requests = drawn
      likeness = LikenessReport(original: trace.requests, synthetic: drawn, rate: wish.rate)
      seed = wish.seed
      warnings = trace.report.warnings + Self.doubts(trace.requests.count, path)
    } catch let error as ConfigError {
      throw error
    } catch {
      throw ConfigError(nil, "\(error)".hasPrefix(path) ? "\(error)" : "\(path): \(error)")
    }
  }

  private static func doubts(_ count: Int, _ path: String) -> [String] {
    guard count < 100 else { return [] }
    return ["\(path): \(count) requests say little about a workload; what is drawn repeats them"]
  }

  private static func count(
    _ wish: Wish, of original: RequestTable, _ model: TraceLikeness
  ) throws(ConfigError) -> Int {
    if let requests = wish.requests { return requests }
    guard let duration = wish.duration else { return original.count }
    if let rate = wish.rate { return max(1, Int(min(rate * duration.value, 1e12).rounded())) }
    guard let count = model.requests(in: duration.value) else {
      throw ConfigError(
        .flag("--duration"), "means nothing to requests that arrive all at once; give --requests")
    }
    return max(1, count)
  }
}

extension RequestTable {
  fileprivate mutating func truncate(toArrivalsBefore end: Seconds) {
    let limit = Instant.zero + end
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if arrival[middle] < limit { low = middle + 1 } else { high = middle }
    }
    truncate(to: low)
  }
}

// MARK: - For people

extension TraceImitation {
  /// The comparison as a table; with `details` also how far distributions are apart and which
  /// known one the gaps follow.
  public func text(details: Bool) -> String {
    let count = NumberText.grouped(requests.count)
    var lines = ["like \(path) (format \(report.format)), seed \(seed): \(count) requests", ""]
    var table = TextTable([
      .text("statistic"), .number("original"), .number("synthetic"), .number("deviation"),
    ])
    for line in likeness.lines where line.original != nil || line.synthetic != nil {
      table.add([
        line.title, number(line.original), number(line.synthetic),
        deviation(of: line),
      ])
    }
    lines += table.lines
    guard details else { return lines.joined(separator: "\n") + "\n" }
    var distances = TextTable([.text("distribution"), .number("Kolmogorov-Smirnov distance")])
    for (_, title, value) in likeness.distances { distances.add([title, value.fixed(4)]) }
    lines += [""] + distances.lines
    guard !likeness.gapFits.isEmpty else { return lines.joined(separator: "\n") + "\n" }
    var fits = TextTable([.text("original's gaps as"), .number("distance"), .text("parameters")])
    for fit in likeness.gapFits {
      let parameters = fit.parameters.map { "\($0.name) \(number($0.value))" }
      fits.add([fit.name, fit.distance.fixed(4), parameters.joined(separator: ", ")])
    }
    return (lines + [""] + fits.lines).joined(separator: "\n") + "\n"
  }

  private func deviation(of line: LikenessReport.Line) -> String {
    let text: String
    if let deviation = line.deviation {
      text = "\((100 * deviation).fixed(2)) %"
    } else if line.isAround0, let original = line.original, let synthetic = line.synthetic {
      text = (synthetic - original).fixed(3)
    } else {
      return "-"
    }
    return text.hasPrefix("-") || !text.contains { ("1"..."9").contains($0) } ? text : "+\(text)"
  }

  private func number(_ value: Double?) -> String {
    guard let value else { return "-" }
    if value == value.rounded(), abs(value) < 1e15 { return NumberText.grouped(Int(value)) }
    if abs(value) < 1e-3 { return "\(Float(value))" }
    return value.fixed(abs(value) < 1 ? 4 : abs(value) < 1000 ? 3 : 1)
  }
}

// MARK: - For scripts

extension TraceImitation {
  /// All of it after what was `written`, the unit at the end of each key.
  ///
  /// What is undefined is null.
  public func json(_ written: WrittenTrace?) -> JSON {
    let lines = likeness.lines.map { line in
      (
        line.key,
        JSON.object([
          ("original", number(line.original)), ("synthetic", number(line.synthetic)),
          ("deviation", number(line.deviation)),
        ])
      )
    }
    let fits = likeness.gapFits.map { fit in
      JSON.object(
        [("distribution", .string(fit.name)), ("ks_distance", .number(fit.distance))]
          + fit.parameters.map { ($0.name, .number($0.value)) })
    }
    let drawn: [(String, JSON)] =
      written?.members ?? [("requests", .integer(Int64(requests.count)))]
    return .object(
      drawn + [
        ("like", .string(path)), ("like_format", .string(report.format)),
        ("like_content_hash", .string(report.contentHash)),
        ("seed", .number(text: "\(seed)")), ("statistics", .object(lines)),
        (
          "ks_distance",
          .object(likeness.distances.map { ($0.key, .number($0.value)) })
        ),
        ("gap_fits", .array(fits)), ("warnings", .array(warnings.map { .string($0) })),
      ])
  }

  private func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }
}
