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
  /// Occurrences by bin once the tally is no longer exact, for octaves that have some.
  private var bins: [Int64] = []
  /// Where the bins of each octave begin in `bins`, −1 without; empty while the tally is exact.
  private var starts: [Int32] = []
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
  public var isExact: Bool { starts.isEmpty }

  /// Adds `weight` gaps of `gap` picoseconds.
  public mutating func add(_ gap: Int64, weight: Int32) {
    count += Int64(weight)
    sum += Int128(gap) * Int128(weight)
    if gap < min { min = gap }
    if gap > max { max = gap }
    if starts.isEmpty {
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
    other.visitBins { bin, occurrences in bins[place(of: bin)] += occurrences }
  }

  private mutating func fold() {
    guard starts.isEmpty else { return }
    starts = Array(repeating: -1, count: 64)
    for (gap, weight) in zip(gaps, weights) { addToBin(gap, Int64(weight)) }
    (gaps, weights) = ([], [])
  }

  private mutating func addToBin(_ gap: Int64, _ occurrences: Int64) {
    bins[place(of: Self.bin(of: gap))] += occurrences
  }

  /// Where `bin` is in `bins`; the first of an octave makes room for all of it.
  private mutating func place(of bin: Int) -> Int {
    let octave = bin / Self.binsPerOctave
    if starts[octave] < 0 {
      starts[octave] = Int32(bins.count)
      bins += repeatElement(0, count: Self.binsPerOctave)
    }
    return Int(starts[octave]) + bin % Self.binsPerOctave
  }

  /// Visits the bins that have any, ascending.
  private func visitBins(_ body: (Int, Int64) -> Void) {
    for (octave, start) in starts.enumerated() where start >= 0 {
      for i in 0..<Self.binsPerOctave where bins[Int(start) + i] > 0 {
        body(octave * Self.binsPerOctave + i, bins[Int(start) + i])
      }
    }
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
    visitBins { bin, number in
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
