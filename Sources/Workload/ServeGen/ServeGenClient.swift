internal import Kernel

/// One client of ServeGen: how often it asks in each window, and how long its requests are.
///
/// Source: Xiang et al., "ServeGen: Workload Characterization and Generation of Large Language
/// Model Serving in Production", 2025, and the data of its repository.
struct ServeGenClient: Sendable {
  /// What the gaps between requests are distributed like.
  enum Pattern: Sendable, Equatable {
    /// Independent exponential gaps: no pattern is given.
    case poisson
    /// Gamma gaps.
    case gamma(shape: Double, scale: Double)
    /// Weibull gaps.
    case weibull(shape: Double, scale: Double)

    /// Mean gap in seconds; nil if it is not given.
    var mean: Double? {
      switch self {
      case .poisson: nil
      case .gamma(let shape, let scale): shape * scale
      case .weibull(let shape, let scale): scale * weibullMean(shape: shape)
      }
    }
  }

  /// A stretch of time with one rate.
  struct Window: Sendable {
    /// Seconds from the start of the data.
    let start: Double
    /// Requests a second.
    let rate: Double
    let pattern: Pattern
  }

  /// A stretch of time with one set of distributions of lengths.
  struct Lengths: Sendable {
    /// Seconds from the start of the data.
    let start: Double
    let tokens: ServeGenTokens
  }

  /// Its number in the name of its files.
  let number: Int
  /// Ascending by start, all `width` seconds long.
  var windows: [Window] = []
  /// Seconds of a window.
  var width = 600.0
  /// Ascending by start; windows without data are left out.
  var lengths: [Lengths] = []

  init(number: Int) { self.number = number }

  /// Requests expected from `start` until `end`.
  func expected(from start: Double, to end: Double) -> Double {
    windows.reduce(0) { sum, window in
      sum + window.rate * max(0, min(end, window.start + width) - max(start, window.start))
    }
  }

  /// Reads `chunk-N-trace.csv`: start, rate, CV, pattern, shape and scale, without a header.
  ///
  /// - Throws: `TraceError` at the first line that is none of these.
  mutating func readWindows(_ bytes: [UInt8], _ path: String) throws(TraceError) {
    let text = bytes.span
    var (start, line) = (0, 0)
    while start < text.count {
      let end = text.lineEnd(from: start)
      line += 1
      let content = text.trimmed(start..<end)
      start = end + 1
      if content.isEmpty { continue }
      let window = try Self.window(text.text(content), path, line)
      if let last = windows.last {
        if windows.count == 1 { width = window.start - last.start }
        guard width > 0, abs(window.start - last.start - width) < 1e-6 else {
          throw TraceError(
            path, line: line,
            "window \(window.start) does not follow \(last.start) by \(width) s")
        }
      }
      windows.append(window)
    }
    if windows.isEmpty { throw TraceError(path, "has no windows") }
  }

  private static func window(
    _ text: String, _ path: String, _ line: Int
  ) throws(TraceError) -> Window {
    let fields = text.split(separator: ",", omittingEmptySubsequences: false)
    guard fields.count == 6 else {
      throw TraceError(
        path, line: line, "has \(fields.count) fields; write start,rate,cv,pattern,shape,scale")
    }
    var numbers: [Double] = []
    for (name, field) in zip(["start", "rate", "cv", "", "shape", "scale"], fields) {
      if name.isEmpty { continue }
      guard let number = Double(field), number >= 0, number.isFinite else {
        throw TraceError(path, line: line, "\(name) \"\(field)\" is no number from 0")
      }
      numbers.append(number)
    }
    let (rate, shape, scale) = (numbers[1], numbers[3], numbers[4])
    let pattern: Pattern
    switch fields[3] {
    case "": pattern = .poisson
    case "Gamma": pattern = .gamma(shape: shape, scale: scale)
    case "Weibull": pattern = .weibull(shape: shape, scale: scale)
    default:
      throw TraceError(
        path, line: line, "unknown pattern \"\(fields[3])\"; known: Gamma, Weibull, or nothing")
    }
    if rate > 0, pattern != .poisson, !(shape > 0 && scale > 0) {
      throw TraceError(path, line: line, "shape \(shape) and scale \(scale) must be above 0")
    }
    return Window(start: numbers[0], rate: rate, pattern: pattern)
  }

  /// The distributions of lengths of the window at `start`: those of that time, or else the
  /// nearest that the client has.
  func lengths(at start: Double) -> (tokens: ServeGenTokens, isOwn: Bool)? {
    guard let last = lengths.lastIndex(where: { $0.start <= start }) else {
      return lengths.first.map { ($0.tokens, false) }
    }
    let isOwn = start < lengths[last].start + ServeGenTokens.width
    if isOwn || last + 1 == lengths.count { return (lengths[last].tokens, isOwn) }
    let isNext = lengths[last + 1].start - start < start - lengths[last].start
    return (lengths[isNext ? last + 1 : last].tokens, false)
  }
}
