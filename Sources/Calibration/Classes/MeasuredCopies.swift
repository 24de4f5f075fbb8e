public import Catalog
internal import Cost
internal import Units

/// Copies between host memory and HBM in blocks.
public enum MeasuredCopies: MeasuredClass {
  /// `copy`.
  public static let name = "copy"
  /// All of them.
  public static let filter = "every row"
  /// Columns.
  public static let columns = ["method", "block_bytes", "n_blocks", "gbps"]

  /// `n_blocks` copies one after the other at the rate `gbps` (10⁹ bytes/s).
  public static func measurements(
    in table: MeasuredTable, on gpu: GPU
  ) throws(CalibrationError) -> [Measurement] {
    var list: [Measurement] = []
    for row in table.rows {
      guard let method = HostCopy(rawValue: row.text("method")) else { continue }
      let (bytes, blocks) = (try row.positive("block_bytes"), try row.positive("n_blocks"))
      let time = Seconds(bytes * blocks / (try row.positive("gbps") * 1e9))
      list.append(
        Measurement(
          .copy(method, blockBytes: bytes, blocks: blocks), time, group: method.rawValue,
          isFit: true, fits: method == .memcpy ? "copy_memcpy" : "copy_kernel"))
    }
    return list
  }
}
