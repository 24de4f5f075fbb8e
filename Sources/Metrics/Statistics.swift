/// Location and spread of a set of times, all in whole picoseconds.
///
/// Sums are exact integers, so the order of the values does not matter; what is no whole number of
/// picoseconds is rounded half to even, once.
public struct Statistics: Sendable, Equatable {
  /// Number of values.
  public let count: Int64
  /// Arithmetic mean.
  public let mean: Int64
  /// Population standard deviation (numpy's default, ddof 0).
  public let std: Int64
  /// Smallest value.
  public let min: Int64
  /// Largest value.
  public let max: Int64
  /// 50th percentile, also called median.
  public let p50: Int64
  /// 90th percentile.
  public let p90: Int64
  /// 95th percentile.
  public let p95: Int64
  /// 99th percentile.
  public let p99: Int64
  /// 99.9th percentile.
  public let p999: Int64

  /// The statistics of a column; nil when it is empty.
  public init?(of values: [Int64]) {
    guard let low = values.min(), let high = values.max() else { return nil }
    var sum: Int128 = 0
    for value in values { sum += Int128(value) }
    let count = Int64(values.count)
    let center = roundedQuotient(sum, Int128(count))
    var squares = SumOfSquares()
    for value in values { squares.add(value - center, times: 1) }
    self.init(
      count, sum, low, high, squares.deviation(count: count, sum: sum, center: center),
      Quantiles.interpolated(perMille: Self.perMille, count: count) { ranks in
        Quantiles.select(values, ranks: ranks)
      })
  }

  /// The statistics of all gaps of a tally; nil when it has none.
  public init?(of tally: GapTally) {
    guard tally.count > 0 else { return nil }
    let (gaps, weights) = tally.entries()
    let center = roundedQuotient(tally.sum, Int128(tally.count))
    var squares = SumOfSquares()
    for (gap, weight) in zip(gaps, weights) { squares.add(gap - center, times: weight) }
    let std = squares.deviation(count: tally.count, sum: tally.sum, center: center)
    self.init(
      tally.count, tally.sum, tally.min, tally.max, std,
      Quantiles.interpolated(perMille: Self.perMille, count: tally.count) { ranks in
        Quantiles.select(gaps, weights: weights, ranks: ranks)
      })
  }

  private static let perMille: [Int64] = [500, 900, 950, 990, 999]

  private init(
    _ count: Int64, _ sum: Int128, _ min: Int64, _ max: Int64, _ std: Int64,
    _ percentiles: [Int64]
  ) {
    self.count = count
    mean = roundedQuotient(sum, Int128(count))
    self.std = std
    self.min = min
    self.max = max
    p50 = percentiles[0]
    p90 = percentiles[1]
    p95 = percentiles[2]
    p99 = percentiles[3]
    p999 = percentiles[4]
  }
}

/// An exact sum of squared deviations.
///
/// A square of 63-bit numbers has 126 bits, so the halves of each product are summed apart.
private struct SumOfSquares {
  private var high: UInt128 = 0
  private var low: UInt128 = 0

  mutating func add(_ deviation: Int64, times weight: Int64) {
    let size = deviation.magnitude
    let square = size.multipliedFullWidth(by: size)
    low += UInt128(square.low) * UInt128(weight)
    if square.high != 0 { high += UInt128(square.high) * UInt128(weight) }
  }

  /// The population standard deviation when deviations were taken from `center`, the mean rounded.
  func deviation(count: Int64, sum: Int128, center: Int64) -> Int64 {
    let n = Double(count)
    let offset = Double(sum - Int128(center) * Int128(count)) / n
    let variance = (Double(high) * 0x1p64 + Double(low)) / n - offset * offset
    return Int64(max(0, variance).squareRoot().rounded(.toNearestOrEven))
  }
}
