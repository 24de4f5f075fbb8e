/// Consecutive parts of a column, of equal length but for one value.
///
/// Means, percentiles and ratios of each part, for `Sections`. Values are whole numbers, such as
/// picoseconds; sums are exact.
public struct BatchMeans: Sendable {
  /// Number of parts.
  public let batches: Int
  /// Fewest values in a part whose mean is taken: fewer say little of a skewed distribution.
  public static let fewest = 10
  /// Fewest values beyond a percentile in a part.
  public static let fewestBeyond = 5

  /// Parts of which there are `batches`, at least two.
  public init(batches: Int) {
    precondition(batches > 1, "a spread needs two batches")
    self.batches = batches
  }

  /// The rows of part `batch` among `count` rows.
  func rows(_ batch: Int, of count: Int) -> Range<Int> {
    bound(batch, count)..<bound(batch + 1, count)
  }

  private func bound(_ batch: Int, _ count: Int) -> Int {
    Int(Int128(batch) * Int128(count) / Int128(batches))
  }

  /// The mean of `column` and of each part; nil with fewer than `fewest` values a part.
  public func means(of column: [Int64]) -> Sections? {
    ratios(of: column) { _ in 1 }
  }

  /// Σ `column` / Σ `weight` over all rows and over those of each part; nil with fewer than
  /// `fewest` rows a part or a part without weight.
  func ratios(of column: [Int64], weight: (Int) -> Int64) -> Sections? {
    guard column.count / batches >= Self.fewest else { return nil }
    var values: [Double] = []
    var (sum, weights) = (Int128(0), Int128(0))
    for batch in 0..<batches {
      var (part, partWeight) = (Int128(0), Int64(0))
      for row in rows(batch, of: column.count) {
        part += Int128(column[row])
        partWeight += weight(row)
      }
      guard partWeight > 0 else { return nil }
      values.append(Double(part) / Double(partWeight))
      sum += part
      weights += Int128(partWeight)
    }
    return Sections(values: values, estimate: Double(sum) / Double(weights))
  }

  /// The percentiles `perMille` (in thousandths, ascending) of `column`, which are `estimates`, and
  /// of each part; nil where fewer than `fewestBeyond` values of a part lie beyond one.
  func percentiles(
    _ perMille: [Int64], of column: [Int64], estimates: [Int64]
  ) -> [Sections?] {
    let size = Int64(column.count / batches)
    // Percentiles ascend, so those with enough values come first.
    let known = perMille.prefix {
      size * min($0, 1000 - $0) >= Int64(Self.fewestBeyond) * 1000
    }
    var values = [[Double]](repeating: [], count: known.count)
    if !known.isEmpty {
      for batch in 0..<batches {
        let part = Array(column[rows(batch, of: column.count)])
        let found = Quantiles.interpolated(perMille: Array(known), count: Int64(part.count)) {
          Quantiles.select(part, ranks: $0)
        }
        for (index, value) in found.enumerated() { values[index].append(Double(value)) }
      }
    }
    return perMille.indices.map { index in
      guard index < known.count else { return nil }
      return Sections(values: values[index], estimate: Double(estimates[index]))
    }
  }
}
