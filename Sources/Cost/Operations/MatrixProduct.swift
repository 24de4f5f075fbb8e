internal import Catalog
internal import Units

/// Constants of matrix products with weights in one format.
///
/// The product is cut into tiles of its output, tiles into waves over the multiprocessors. With a
/// tile of a × b elements and the inner dimension split s ways:
///
/// time = floor + quantisation + min over tiles and splits of ‖waves, traffic‖₄ + [s > 1]·reduction
/// waves = ⌈⌈m/a⌉·⌈n/b⌉·s / multiprocessors⌉ · (64·⌈k/s/64⌉ + fill) · step
/// step = ‖2·a·b / compute, 64·(a + b)·delivery‖₄ / peak of a multiprocessor, a unit of k
/// traffic = (weights + rows in and out + [s > 1] partial sums) / (memory · bandwidth)
///
/// ‖·‖₄ is the larger of two with a smooth corner. Every term grows with m, n and k, so time does.
/// Form found on cuBLAS products of A100, H100 and RTX PRO 6000 (aiconfigurator).
public struct MatrixTimes: Sendable, Equatable {
  /// Time of the smallest product, s.
  public var floor: Double
  /// Fraction of the arithmetic peak that a full wave of large tiles reaches.
  public var compute: Double
  /// Fraction of the HBM bandwidth.
  public var memory: Double
  /// Time for a multiprocessor to take in the operands of a 64 × 64 tile, as a multiple of its
  /// arithmetic at the peak.
  public var delivery: Double
  /// Quantising the input, as a multiple of one pass over its 8-bit form; 0 for 16 bits.
  public var quantization = 0.0

  // Not fitted by `calibrate`: the same on every GPU, chosen once on the products of A100, H100 and
  // RTX PRO 6000 together (aiconfigurator), without a standard error.

  /// Elements of k that a tile costs before its first and after its last: filling its pipeline and
  /// writing its result; 0 to 500.
  static let fill = 180.0
  /// Clock cycles of summing up a split inner dimension by a kernel of its own; 1,000 to 10,000.
  static let reductionCycles = 2500.0
  /// Tiles that libraries choose from: for much work, and for little.
  static let tiles = [(rows: 256, columns: 128), (rows: 64, columns: 64)]
  /// Ways to split the inner dimension.
  static let splits = [1, 2, 4, 8]
  /// Rows above which nothing is split: there are tiles enough.
  static let mostSplitRows = 512
}

/// A product of rows with weights of a fixed shape, all that does not depend on the rows worked
/// out: O(tiles · splits) a call.
public struct MatrixProduct: Sendable {
  /// One way to cut the product.
  private struct Cut {
    let tileRows: Int
    /// Tiles of one row of tiles, splits counted.
    let tilesPerRow: Int
    /// Time of a wave.
    let wave: Double
    /// Traffic of a row.
    let row: Double
    /// Time after the waves.
    let after: Double
    let isSplit: Bool
  }

  private let cuts: [Cut]
  private let multiprocessors: Int
  private let floor: Double
  private let quantization: Double
  /// Reading the weights.
  let weights: Double
  /// Arithmetic of one row at the fraction that large tiles reach.
  let compute: Double

  /// Products of rows of `inner` elements with `inner` × `outer` weights.
  init(_ times: MatrixTimes, inner: Int, outer: Int, precision: Precision, gpu: GPU) {
    let (k, n, bytes) = (Double(inner), Double(outer), precision.bytes)
    let bandwidth = times.memory * gpu.bandwidth.value
    // Without 8-bit arithmetic weights are unpacked and rows stay as they are.
    let input = gpu.fp8.value > 0 ? bytes : Precision.bf16.bytes
    let processors = gpu.tiledMultiprocessors
    let perProcessor = gpu.peak(precision).value / Double(processors)
    var cuts: [Cut] = []
    // 8-bit kernels do not split the inner dimension: it is cut by the scales already.
    for split in MatrixTimes.splits where split == 1 || precision != .fp8 {
      for tile in MatrixTimes.tiles {
        let (a, b) = (Double(tile.rows), Double(tile.columns))
        let step = norm4(2 * a * b / times.compute, 64 * (a + b) * times.delivery) / perProcessor
        let length = 64 * (k / Double(split) / 64).rounded(.up) + MatrixTimes.fill
        let partial = split > 1 ? 8 * Double(split) * n : 0
        cuts.append(
          Cut(
            tileRows: tile.rows,
            tilesPerRow: (outer + tile.columns - 1) / tile.columns * split,
            wave: length * step,
            row: (input * k + Precision.bf16.bytes * n + partial) / bandwidth,
            after: split > 1 ? MatrixTimes.reductionCycles / gpu.clock.value : 0,
            isSplit: split > 1))
      }
    }
    self.cuts = cuts
    multiprocessors = processors
    floor = times.floor
    quantization = times.quantization * bytes * k / gpu.bandwidth.value
    weights = bytes * n * k / bandwidth
    compute = 2 * n * k / (times.compute * gpu.peak(precision).value)
  }

  /// The time for `rows` rows; 0 rows cost nothing.
  func time(_ rows: Int) -> Double { parts(rows).total }

  /// The time and what it consists of, in the best way to cut the product.
  func parts(_ rows: Int) -> (total: Double, waves: Double, traffic: Double, floor: Double) {
    guard rows > 0 else { return (0, 0, 0, 0) }
    let count = Double(rows)
    var best = (total: Double.infinity, waves: 0.0, traffic: 0.0)
    for cut in cuts where !cut.isSplit || rows <= MatrixTimes.mostSplitRows {
      let tiles = (rows + cut.tileRows - 1) / cut.tileRows * cut.tilesPerRow
      let waves = Double((tiles + multiprocessors - 1) / multiprocessors) * cut.wave
      let traffic = weights + cut.row * count
      let total = norm4(waves, traffic) + cut.after
      if total < best.total { best = (total, waves, traffic) }
    }
    let fixed = floor + quantization * count
    return (best.total + fixed, best.waves, best.traffic, fixed)
  }

  /// What limits `rows` rows.
  func bound(_ rows: Int) -> Bound {
    let parts = parts(rows)
    if parts.floor > max(parts.waves, parts.traffic) { return .host }
    return parts.waves >= parts.traffic ? .compute : .hbm
  }
}

extension GPU {
  /// Multiprocessors that share the tiles of a product; a common number where none is known.
  var tiledMultiprocessors: Int { multiprocessors > 0 ? multiprocessors : 108 }

  /// Bytes of the last-level cache; 40 MB, as an A100 has, where the data sheet gives none.
  package var sharedCache: Double { l2.value > 0 ? l2.value : 40e6 }
}
