import Catalog
import Cost
import Foundation
import Units

/// The formulas of the operation classes as their documentation states them, written once more
/// with powers and logarithms where the code has roots and products.
enum Reference {
  /// (aᵖ + bᵖ + …)^(1/p) with p = 4.
  static func norm(_ terms: Double...) -> Double {
    let largest = terms.max() ?? 0
    guard largest > 0 else { return 0 }
    return largest * pow(terms.map { pow($0 / largest, 4) }.reduce(0, +), 0.25)
  }

  static func processors(_ gpu: GPU) -> Double {
    gpu.multiprocessors > 0 ? Double(gpu.multiprocessors) : 108
  }

  /// y[m,n] = x[m,k]·W[k,n].
  static func product(
    _ t: MatrixTimes, m: Double, k: Double, n: Double, _ precision: Precision, on gpu: GPU
  ) -> Double {
    guard m > 0 else { return 0 }
    let is8 = precision == .fp8
    let width = is8 ? 1.0 : 2
    let sms = processors(gpu)
    let peak = (is8 && gpu.fp8.value > 0 ? gpu.fp8 : gpu.bf16).value / sms
    var best = Double.infinity
    for split in is8 || m > 512 ? [1.0] : [1.0, 2, 4, 8] {
      for (a, b) in [(256.0, 128.0), (64.0, 64.0)] {
        let step = norm(2 * a * b / t.compute, 64 * (a + b) * t.delivery) / peak
        let tiles = ceil(m / a) * ceil(n / b) * split
        let waves = ceil(tiles / sms) * (64 * ceil(k / split / 64) + 180) * step
        // Partial sums are written and read in 32 bits.
        let partial = split > 1 ? 2 * 4 * split * m * n : 0
        // Rows stay at 16 bits on GPUs without 8-bit arithmetic.
        let input = gpu.fp8.value > 0 ? width : 2
        let bytes = width * n * k + input * m * k + 2 * m * n + partial
        let after = split > 1 ? 2500 / gpu.clock.value : 0
        best = min(best, norm(waves, bytes / (t.memory * gpu.bandwidth.value)) + after)
      }
    }
    return t.floor + t.quantization * width * m * k / gpu.bandwidth.value + best
  }

  /// Attention of one new token of each of `contexts.count` sequences; `row` of prompts in place of
  /// the kernels' own.
  static func decode(
    _ kernels: KernelProfile, row: Double? = nil, _ heads: AttentionHeads, _ contexts: [Double],
    on gpu: GPU, flash3: Bool
  ) -> Double {
    let (t, row) = (kernels.decode, row ?? kernels.prefill.row)
    let (q, kv, w) = (Double(heads.queries), Double(heads.keyValues), Double(heads.width))
    let (b, all) = (Double(contexts.count), contexts.reduce(0, +))
    let width = heads.cache == .fp8 ? 1.0 : 2
    let speed = t.memory * gpu.bandwidth.value
    let perToken = max(
      2 * kv * w * width * (width == 1 ? 1.05 : 1) / speed,
      4 * q * w / (kernels.prefill.compute * gpu.bf16.value))
    // Queries in and out, keys and values written.
    let m = perToken * all + b * (2 * q + 2 * kv) * w * 2 / speed
    let packsByKernel = !flash3 && q > kv && kv > 1 && b > 1
    let splits = flash3 || q > kv
    let sms = processors(gpu)
    var reading = m + t.ramp * m * m / (m * m + 4 * t.ramp * t.ramp)
    if splits && all > 128 { reading += t.combine }
    let enough = 0.8 * sms / kv
    if !flash3 && b >= enough {
      let walk = min(row * w / 128 * sms / gpu.bf16.value, perToken * enough)
      reading += walk * max(0, (contexts.max() ?? 0) - all / b)
    }
    let time = (packsByKernel ? 3 : 2) * t.kernel + norm(b * kv * t.sequence / sms, reading)
    let floor = max(
      2 * kv * w * width * all / gpu.bandwidth.value, 4 * q * w * all / gpu.bf16.value)
    return max(time, floor)
  }

  /// A chunk of a prompt: its tokens and those computed before.
  typealias Chunk = (tokens: Double, cached: Double)

  /// Attention of chunks of prompts.
  static func prefill(
    _ t: PrefillTimes, _ heads: AttentionHeads, _ chunks: [Chunk], on gpu: GPU
  ) -> Double {
    let (q, kv, w) = (Double(heads.queries), Double(heads.keyValues), Double(heads.width))
    let width = heads.cache == .fp8 ? 1.0 : 2
    let (sms, bandwidth) = (processors(gpu), gpu.bandwidth.value)
    let pairs = chunks.map { $0.tokens * $0.cached + $0.tokens * ($0.tokens + 1) / 2 }
      .reduce(0, +)
    let rows = chunks.map(\.tokens).reduce(0, +)
    let narrow = max(1, (1 + 50 / w) / (1 + 50 / 128))
    let compute = pairs * 4 * q * w * narrow / (t.compute * gpu.bf16.value)
    let blocks = chunks.map { ceil($0.tokens / 128) }.reduce(0, +) * q * t.block / gpu.bf16.value
    let ends = chunks.map { $0.tokens + $0.cached }
    let tail = (ends.max() ?? 0) * t.row * w / 128 / (gpu.bf16.value / sms)
    let keys = ends.reduce(0, +) * 2 * kv * w * width / (0.95 * bandwidth)
    let store = rows * (2 * q + 6 * kv) * w * 2 / (sms * t.store)
    let overflow = max(0, rows * (2 * q + 4 * kv) * w * 2 - gpu.l2.value) / (0.95 * bandwidth)
    let time = t.floor + norm(compute + blocks + tail / 2, tail, keys) + norm(store, overflow)
    let moved = ends.reduce(0, +) * 2 * kv * w * width + rows * 2 * q * w * 2
    return max(time, pairs * 4 * q * w / gpu.bf16.value, moved / bandwidth)
  }

  /// The bytes that leave each of n GPUs for a byte of the buffer.
  static func share(_ kind: Collective, _ n: Double) -> Double {
    (kind == .allReduce ? 2 : 1) * (n - 1) / n
  }

  /// A collective of NCCL; x: seconds of the whole buffer over the link.
  static func ring(
    _ t: LinkCollectives.Ring, _ kind: Collective, n: Double, x: Double, nvlink: Bool
  ) -> Double {
    let hops = (kind == .allReduce ? 2 : 1) * (n - 1)
    let fixed = t.latency + hops * t.perHop + (t.ramp * share(kind, n) * x).squareRoot()
    guard nvlink else { return fixed + share(kind, n) * (t.offset + t.slope * octaves(n / 2)) * x }
    func ringed(_ n: Double) -> Double {
      max(share(kind, n), t.offset + t.slope * share(kind, n))
    }
    guard t.inSwitch > 0, n > 2 else { return fixed + ringed(n) * x }
    return fixed + max(ringed(2), min(ringed(n), t.inSwitch)) * x
  }

  /// log₂ of a ratio above 1, linear between whole numbers.
  static func octaves(_ ratio: Double) -> Double {
    let whole = floor(log2(ratio) + 1e-12)
    return whole + ratio / pow(2, whole) - 1
  }

  /// An engine's own all-reduce.
  static func engine(
    _ t: LinkCollectives.Engine, n: Double, x: Double, inSwitch: Bool
  ) -> Double {
    let fixed = t.latency + (n - 1) * t.perPeer
    let one = (n - 1) * t.oneShot * x
    guard n > 2 else { return fixed + one }
    let traffic = (inSwitch ? 1 : 2 * (n - 1) / n) * t.twoShot
    let two = t.twoShotLatency + (n - 1) * t.twoShotPerPeer + max(t.oneShot, traffic) * x
    return fixed + min(one, two)
  }

  /// The routed experts of a layer, with a gate.
  static func experts(_ t: ExpertTimes, _ e: ExpertProducts, on gpu: GPU) -> Double {
    let (hidden, ffn, ranks) = (Double(e.hidden), Double(e.ffn), Double(e.ranks))
    let visits = Double(e.tokens * e.perToken)
    let touched = min(max(1, floor(Double(e.count) / ranks)), ceil(visits / ranks))
    let width = e.precision == .fp8 ? 1.0 : 2
    let peak = (e.precision == .fp8 && gpu.fp8.value > 0 ? gpu.fp8 : gpu.bf16).value
    let elements = 3 * hidden * (ffn + t.padding)
    let weights = t.weights * touched * elements * width / gpu.bandwidth.value
    let compute = t.compute * 2 * visits / ranks * elements / peak
    let row = (2 * hidden + 3 * ffn) * 2 / gpu.bandwidth.value
    return t.floor + norm(weights, compute) + (t.anywhere * visits + t.here * visits / ranks) * row
  }

  /// A norm of each of `heads` heads by itself; a row is a block of threads of 0.105 µs.
  static func headNorm(
    _ t: ElementwiseTimes, heads: Double, width: Double, on gpu: GPU
  ) -> Double {
    let bytes = heads * width * 2 * 2
    let blocks = heads * 0.105e-6 / processors(gpu)
    return t.floor + max(bytes / (t.cacheSpeed * gpu.bandwidth.value), blocks)
      + max(0, bytes - t.resident * gpu.l2.value) / gpu.bandwidth.value
  }

  /// A kernel that passes over activations.
  static func elementwise(_ t: ElementwiseTimes, bytes: Double, on gpu: GPU) -> Double {
    t.floor + bytes / (t.cacheSpeed * gpu.bandwidth.value)
      + max(0, bytes - t.resident * gpu.l2.value) / gpu.bandwidth.value
  }
}
