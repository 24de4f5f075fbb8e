internal import Catalog
internal import Units

/// Kernels that pass over activations once: norms, rotation, activation functions, sampling.
///
/// Time = floor + bytes / (cacheSpeed · HBM bandwidth) + (bytes beyond the cache) / HBM bandwidth:
/// what one kernel writes the next one finds in L2, as long as it fits its share.
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
}

extension ElementwiseTimes {
  /// Choosing the next tokens of `sequences` among `vocab`; nothing without sequences.
  func sampling(_ sequences: Int, vocab: Int, bandwidth: Double) -> Double {
    guard sequences > 0 else { return 0 }
    return samplingFloor + samplingBytes * Double(vocab) / bandwidth * Double(sequences)
  }
}

/// One element-wise kernel with all that does not depend on tokens worked out.
struct BoundElementwise: Sendable {
  /// Kernels of this kind in a step.
  let count: Double
  let floor: Double
  /// Traffic of a token through L2, and to HBM.
  let cached: Double
  let perToken: Double
  /// Traffic that L2 holds.
  let resident: Double

  init(_ times: ElementwiseTimes, count: Int, bytes: Double, gpu: GPU) {
    let bandwidth = gpu.bandwidth.value
    self.count = Double(count)
    floor = times.floor
    cached = bytes / (times.cacheSpeed * bandwidth)
    perToken = bytes / bandwidth
    resident = times.resident * gpu.sharedCache / bandwidth
  }

  /// All kernels of this kind for `tokens` tokens.
  func time(_ tokens: Double) -> Double {
    count * (floor + cached * tokens + max(0, perToken * tokens - resident))
  }
}
