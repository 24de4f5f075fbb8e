internal import Catalog
internal import Units

/// Kernels that pass over activations once: norms, rotation, activation functions, sampling.
///
/// Time = floor + max(bytes / (cacheSpeed · HBM bandwidth), rows · row / multiprocessors)
/// + (bytes beyond the cache) / HBM bandwidth: what one kernel writes the next one finds in L2, as
/// long as it fits its share. Rows count for norms of single heads: see `row`.
/// Constants from vLLM 0.19 on RTX PRO 6000 (LLMServingSim).
public struct ElementwiseTimes: Sendable, Equatable {
  /// Time of the smallest kernel, s.
  public var floor: Double
  /// L2 bandwidth as a multiple of HBM bandwidth.
  public var cacheSpeed: Double
  /// Share of L2 that activations stay in.
  public var resident: Double
  /// Time of sampling but for its logits, s.
  public var samplingFloor: Double
  /// Bytes that sampling moves per logit.
  public var samplingBytes: Double

  /// Time of one row on one multiprocessor, s: each row of a norm is a block of threads, and a
  /// head's few elements leave it idle but for its start and its sums.
  ///
  /// From 0.01 to 1 µs. Source: the slope of vLLM's `qk_norm` on RTX PRO 6000 (Qwen3-30B-A3B, 1 to
  /// 2,048 tokens): 10.1 ns a token, 18 rows a call, 188 multiprocessors.
  static let row = 0.105e-6
}

extension ElementwiseTimes {
  /// Choosing the next tokens of `sequences` among `vocab`; nothing without sequences.
  func sampling(_ sequences: Int, vocab: Int, bandwidth: Double) -> Double {
    guard sequences > 0 else { return 0 }
    return samplingFloor + samplingBytes * Double(vocab) / bandwidth * Double(sequences)
  }
}

extension BoundElementwise {
  /// Norms of `heads` heads of `width` elements a token.
  static func norms(
    _ times: ElementwiseTimes, count: Int, heads: Double, width: Int, gpu: GPU
  ) -> BoundElementwise {
    BoundElementwise(
      times, count: count, bytes: 2 * heads * Double(width) * Precision.bf16.bytes, rows: heads,
      gpu: gpu)
  }
}

/// One element-wise kernel with all that does not depend on tokens worked out.
struct BoundElementwise: Sendable {
  /// Kernels of this kind in a step.
  let count: Double
  let floor: Double
  /// A token in L2 or on the multiprocessors, and its traffic to HBM.
  let cached: Double
  let perToken: Double
  /// Traffic that L2 holds.
  let resident: Double

  init(_ times: ElementwiseTimes, count: Int, bytes: Double, rows: Double = 0, gpu: GPU) {
    let bandwidth = gpu.bandwidth.value
    self.count = Double(count)
    floor = times.floor
    cached = max(
      bytes / (times.cacheSpeed * bandwidth),
      rows * ElementwiseTimes.row / Double(gpu.tiledMultiprocessors))
    perToken = bytes / bandwidth
    resident = times.resident * gpu.sharedCache / bandwidth
  }

  /// All kernels of this kind for `tokens` tokens.
  func time(_ tokens: Double) -> Double {
    count * (floor + cached * tokens + max(0, perToken * tokens - resident))
  }
}
