/// Exact order statistics of integer columns without sorting them.
///
/// Values go into bins that widen with their distance from the smallest (256 an octave); only the
/// bins that hold a wanted rank are gathered and looked into again. A level narrows the range by
/// 2⁸ or more, so a column is read a few times at worst whatever its distribution: O(n).
public enum Quantiles {
  /// The values at 0-based `ranks` of the sorted column.
  ///
  /// - Precondition: ranks ascend and lie in 0..<values.count.
  public static func select(_ values: [Int64], ranks: [Int64]) -> [Int64] {
    select(values, Once(), ranks)
  }

  /// The values at 0-based `ranks` of the sorted multiset in which `values[i]` occurs
  /// `weights[i]` times.
  ///
  /// - Precondition: ranks ascend and lie below the sum of weights; weights are not negative.
  public static func select(_ values: [Int64], weights: [Int64], ranks: [Int64]) -> [Int64] {
    precondition(values.count == weights.count, "one weight a value")
    return select(values, Times(weights), ranks)
  }

  /// Percentiles in thousandths with numpy's default linear interpolation, rounded half to even.
  ///
  /// The position `(count − 1) · p / 1000` and the interpolation are exact integers, so there is
  /// one rounding, of the answer. `perMille` ascends.
  static func interpolated(
    perMille: [Int64], count: Int64, select: ([Int64]) -> [Int64]
  ) -> [Int64] {
    let positions = perMille.map { position(of: $0, in: count) }
    let ranks = positions.flatMap { [$0.quotient, min($0.quotient + 1, count - 1)] }
    // Neighbouring percentiles of short columns overlap: ranks must ascend for the selection.
    let order = ranks.indices.sorted { ranks[$0] < ranks[$1] }
    let found = select(order.map { ranks[$0] })
    var values = ranks
    for (place, index) in order.enumerated() { values[index] = found[place] }
    return positions.indices.map { i in
      let (low, high) = (Int128(values[2 * i]), Int128(values[2 * i + 1]))
      return roundedQuotient(low * 1000 + (high - low) * Int128(positions[i].remainder), 1000)
    }
  }

  /// The percentile `perMille`, in thousandths, of ascending `values`, interpolated as above; nil
  /// when there are none.
  package static func interpolated(perMille: Int64, ofSorted values: [Double]) -> Double? {
    guard let last = values.indices.last else { return nil }
    let (rank, rest) = position(of: perMille, in: Int64(values.count))
    let (low, high) = (values[Int(rank)], values[min(Int(rank) + 1, last)])
    return low + (high - low) * (Double(rest) / 1000)
  }

  /// Where the percentile `perMille` of `count` values lies: the rank below it, from 0, and the
  /// way from there to the next in thousandths.
  private static func position(
    of perMille: Int64, in count: Int64
  ) -> (quotient: Int64, remainder: Int64) {
    (Int128(perMille) * Int128(count - 1)).quotientAndRemainder(1000)
  }

  private static func select<W: Weighting>(
    _ values: [Int64], _ weights: W, _ ranks: [Int64]
  ) -> [Int64] {
    guard let low = values.min(), let high = values.max(), !ranks.isEmpty else { return [] }
    guard low < high else { return Array(repeating: low, count: ranks.count) }
    guard values.count > 256 else { return bySorting(values, weights, ranks) }

    var counts = [Int64](repeating: 0, count: bin(of: high, above: low) + 1)
    for i in values.indices { counts[bin(of: values[i], above: low)] += weights[i] }
    let wanted = Wanted(counts, ranks)
    let (members, memberWeights) = gather(values, weights, wanted, low)
    var answer: [Int64] = []
    for group in wanted.ranks.indices {
      answer += select(members[group], memberWeights[group], wanted.ranks[group])
    }
    return answer
  }

  /// The bins that hold wanted ranks, as groups in ascending order.
  private struct Wanted {
    /// Group of each bin, −1 where no rank falls.
    var group: [Int16]
    /// Ranks of each group, counted from its first member.
    var ranks: [[Int64]] = []

    init(_ counts: [Int64], _ wanted: [Int64]) {
      group = Array(repeating: -1, count: counts.count)
      var bin = 0
      var before: Int64 = 0
      for rank in wanted {
        while rank >= before + counts[bin] {
          before += counts[bin]
          bin += 1
        }
        if group[bin] < 0 {
          group[bin] = Int16(ranks.count)
          ranks.append([])
        }
        ranks[ranks.count - 1].append(rank - before)
      }
    }
  }

  private static func gather<W: Weighting>(
    _ values: [Int64], _ weights: W, _ wanted: Wanted, _ low: Int64
  ) -> (values: [[Int64]], weights: [W]) {
    var members = [[Int64]](repeating: [], count: wanted.ranks.count)
    var memberWeights = [W](repeating: W(), count: wanted.ranks.count)
    for i in values.indices {
      let group = Int(wanted.group[bin(of: values[i], above: low)])
      guard group >= 0 else { continue }
      members[group].append(values[i])
      memberWeights[group].append(weights[i])
    }
    return (members, memberWeights)
  }

  private static func bySorting<W: Weighting>(
    _ values: [Int64], _ weights: W, _ ranks: [Int64]
  ) -> [Int64] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var place = 0
    var passed = weights[order[0]]
    return ranks.map { rank in
      while rank >= passed {
        place += 1
        passed += weights[order[place]]
      }
      return values[order[place]]
    }
  }

  /// Bins of width 1 up to 256, then 256 an octave.
  private static func bin(of value: Int64, above low: Int64) -> Int {
    // The distance of two Int64 fits a UInt64 even where their difference overflows.
    let distance = UInt64(bitPattern: value &- low)
    guard distance >= 512 else { return Int(distance) }
    let shift = 55 - distance.leadingZeroBitCount
    return shift << 8 + Int(distance >> UInt64(shift))
  }
}

/// How often each value of a column occurs.
private protocol Weighting {
  init()
  subscript(index: Int) -> Int64 { get }
  mutating func append(_ weight: Int64)
}

/// Every value occurs once.
private struct Once: Weighting {
  subscript(index: Int) -> Int64 { 1 }
  mutating func append(_ weight: Int64) {}
}

/// Values with a column of their multiplicities.
private struct Times: Weighting {
  private var column: [Int64]
  init() { column = [] }
  init(_ column: [Int64]) { self.column = column }
  subscript(index: Int) -> Int64 { column[index] }
  mutating func append(_ weight: Int64) { column.append(weight) }
}

extension Int128 {
  fileprivate func quotientAndRemainder(_ divisor: Int128) -> (quotient: Int64, remainder: Int64) {
    let parts = quotientAndRemainder(dividingBy: divisor)
    return (Int64(parts.quotient), Int64(parts.remainder))
  }
}
