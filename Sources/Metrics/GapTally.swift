/// Inter-token gaps of a run with their multiplicities, in picoseconds.
///
/// Exact up to `limit` entries (12 bytes each); beyond that every gap goes to a histogram of 1,024
/// bins an octave, so a quantile is off by less than 0.05 %. Integers only: tallies of instances
/// add up to the same whatever their order.
public struct GapTally: Sendable {
  private static let binsPerOctave = 1024
  private let limit: Int

  /// Distinct entries while the tally is exact, in the order of their recording.
  public private(set) var gaps: [Int64] = []
  /// How often each entry of `gaps` occurred.
  public private(set) var weights: [Int32] = []
  /// Occurrences by bin once the tally is no longer exact.
  private var bins: [Int64] = []
  /// Number of gaps.
  public private(set) var count: Int64 = 0
  /// Sum of gaps.
  public private(set) var sum: Int128 = 0
  /// Smallest gap; `Int64.max` when there is none.
  public private(set) var min = Int64.max
  /// Largest gap; 0 when there is none.
  public private(set) var max: Int64 = 0

  /// A tally that keeps at most `limit` entries exactly.
  public init(limit: Int) { self.limit = limit }

  /// Whether quantiles are exact.
  public var isExact: Bool { bins.isEmpty }

  /// Adds `weight` gaps of `gap` picoseconds.
  public mutating func add(_ gap: Int64, weight: Int32) {
    count += Int64(weight)
    sum += Int128(gap) * Int128(weight)
    if gap < min { min = gap }
    if gap > max { max = gap }
    if bins.isEmpty {
      gaps.append(gap)
      weights.append(weight)
      if gaps.count > limit { fold() }
    } else {
      addToBin(gap, Int64(weight))
    }
  }

  /// Adds the gaps of another tally.
  public mutating func merge(_ other: GapTally) {
    count += other.count
    sum += other.sum
    min = Swift.min(min, other.min)
    max = Swift.max(max, other.max)
    if isExact, other.isExact, gaps.count + other.gaps.count <= limit {
      gaps.append(contentsOf: other.gaps)
      weights.append(contentsOf: other.weights)
      return
    }
    fold()
    for (gap, weight) in zip(other.gaps, other.weights) { addToBin(gap, Int64(weight)) }
    for (bin, occurrences) in other.bins.enumerated() { bins[bin] += occurrences }
  }

  private mutating func fold() {
    guard bins.isEmpty else { return }
    bins = Array(repeating: 0, count: 64 * Self.binsPerOctave)
    for (gap, weight) in zip(gaps, weights) { addToBin(gap, Int64(weight)) }
    (gaps, weights) = ([], [])
  }

  private mutating func addToBin(_ gap: Int64, _ occurrences: Int64) {
    bins[Self.bin(of: gap)] += occurrences
  }

  private static func bin(of gap: Int64) -> Int {
    let octave = 63 - Swift.max(gap, 1).leadingZeroBitCount
    guard octave > 10 else { return Int(Swift.max(gap, 0)) }
    return (octave - 9) << 10 | Int(gap >> Int64(octave - 10)) & 1023
  }

  /// Entries (gap, occurrences) in no particular order; midpoints of bins when not exact.
  public func entries() -> (gaps: [Int64], weights: [Int64]) {
    guard !isExact else { return (gaps, weights.map(Int64.init)) }
    var values: [Int64] = []
    var occurrences: [Int64] = []
    for (bin, number) in bins.enumerated() where number > 0 {
      values.append(Swift.min(Swift.max(Self.middle(of: bin), min), max))
      occurrences.append(number)
    }
    return (values, occurrences)
  }

  private static func middle(of bin: Int) -> Int64 {
    guard bin >= 2048 else { return Int64(bin) }
    let octave = bin >> 10 + 9
    let width = Int64(1) << Int64(octave - 10)
    return (Int64(1024 + bin & 1023) * width) + width / 2
  }
}
