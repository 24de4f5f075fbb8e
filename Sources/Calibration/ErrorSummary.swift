/// How far predictions lie from measurements: percentiles of |predicted / measured − 1|.
public struct ErrorSummary: Sendable, Equatable {
  /// Pairs compared.
  public let rows: Int
  /// Median of the absolute error, %.
  public let medianAbsolute: Double
  /// 90th percentile of the absolute error, %.
  public let p90Absolute: Double
  /// Median of the signed error, %: above 0 the prediction is too slow.
  public let bias: Double

  /// The summary of relative errors, `predicted / measured − 1`; nil when there are none.
  public init?(_ errors: [Double]) {
    guard !errors.isEmpty else { return nil }
    rows = errors.count
    let sizes = errors.map(abs).sorted()
    medianAbsolute = 100 * percentile(sizes, 0.5)
    p90Absolute = 100 * percentile(sizes, 0.9)
    bias = 100 * percentile(errors.sorted(), 0.5)
  }

  /// The summary of one figure taken over `rows` pairs: all three are its deviation.
  public init(deviation: Double, rows: Int) {
    self.rows = rows
    (medianAbsolute, p90Absolute, bias) = (
      100 * abs(deviation), 100 * abs(deviation), 100 * deviation
    )
  }
}

/// The percentile of a sorted column with numpy's linear interpolation.
func percentile(_ sorted: [Double], _ share: Double) -> Double {
  let position = share * Double(sorted.count - 1)
  let low = Int(position)
  let high = min(low + 1, sorted.count - 1)
  return sorted[low] + (sorted[high] - sorted[low]) * (position - Double(low))
}

/// The middle of a column that is not empty.
func median(_ values: [Double]) -> Double { percentile(values.sorted(), 0.5) }
