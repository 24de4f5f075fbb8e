public import Catalog
internal import Cost
internal import Units

/// Products of matrices: `y[m,n] = x[m,k]·W`.
public enum MeasuredGEMM: MeasuredClass {
  /// `gemm`.
  public static let name = "gemm"
  /// The weights of the timed loop must not fit the cache, and the product must fill the GPU.
  public static let filter = "bf16, n and k ≥ 1024, six copies of the weights > 1.2 L2"
  /// Column of the format.
  public static let format: String? = "dtype"
  /// Columns.
  public static let columns = ["dtype", "m", "n", "k", "time_us"]

  /// 16-bit and 8-bit products.
  public static func measurements(
    in table: MeasuredTable, on gpu: GPU
  ) throws(CalibrationError) -> [Measurement] {
    var list: [Measurement] = []
    for row in table.rows {
      guard let precision = Precision(measured: row.text("dtype")) else { continue }
      let (m, n, k) = (try row.whole("m"), try row.whole("n"), try row.whole("k"))
      let copies = 6 * Double(n) * Double(k) * precision.bytes
      let isCold = copies > 1.2 * gpu.sharedCache
      list.append(
        Measurement(
          .gemm(rows: m, inner: k, outer: n, precision), try row.microseconds("time_us"),
          group: precision.rawValue,
          isFit: precision == .bf16 && min(n, k) >= 1024 && isCold,
          fits: isCold ? "gemm_\(precision.rawValue)" : ""))
    }
    return list
  }
}

extension Precision {
  /// What files of measurements call the formats.
  private static let measured: [(name: String, precision: Precision)] =
    ["bf16", "bfloat16", "fp16", "float16", "half"].map { ($0, .bf16) }
    + ["fp8", "fp8_block", "fp8_e4m3"].map { ($0, .fp8) }

  /// Every name of a format in files of measurements that is modelled.
  package static var measuredNames: [String] { measured.map(\.name) }

  /// The format that files of measurements call `name`; nil for one that is not modelled.
  package init?(measured name: String) {
    let plain = name.lowercased()
    guard let found = Self.measured.first(where: { $0.name == plain }) else { return nil }
    self = found.precision
  }
}
