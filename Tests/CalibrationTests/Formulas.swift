import Catalog
import Cost
import Foundation

/// Times of operations as the documentation of the classes states them, written with powers, and
/// the constants in the units of files.
enum Formulas {
  static func norm(_ a: Double, _ b: Double) -> Double { pow(pow(a, 4) + pow(b, 4), 0.25) }

  /// A product in 16 bits, all units SI but for `floor` in µs.
  static func product(
    _ c: [String: Double], m: Double, k: Double, n: Double, on gpu: GPU, bandwidth: Double,
    peak: Double, clock: Double
  ) -> Double {
    let sms = Double(gpu.multiprocessors)
    var best = Double.infinity
    for split in m > 512 ? [1.0] : [1.0, 2, 4, 8] {
      for (a, b) in [(256.0, 128.0), (64.0, 64.0)] {
        let step =
          norm(2 * a * b / (c["compute"] ?? 0), 64 * (a + b) * (c["delivery"] ?? 0)) * sms / peak
        let waves =
          ceil(ceil(m / a) * ceil(n / b) * split / sms) * (64 * ceil(k / split / 64) + 180) * step
        let bytes = 2 * (n * k + m * k + m * n) + (split > 1 ? 8 * split * m * n : 0)
        let after = split > 1 ? 2500 / clock : 0
        best = min(best, norm(waves, bytes / ((c["memory"] ?? 0) * bandwidth)) + after)
      }
    }
    return (c["floor"] ?? 0) * 1e-6 + best
  }

  /// Decode attention by FlashAttention 3: b sequences over `length` tokens, heads of 128.
  static func decode(
    _ c: [String: Double], b: Double, length: Double, q: Double, kv: Double, sms: Double,
    bandwidth: Double
  ) -> Double {
    let speed = (c["memory"] ?? 0) * bandwidth
    let m = (b * length * kv * 512 + b * (q + kv) * 512) / speed
    let ramp = (c["ramp"] ?? 0) * 1e-6
    var read = m + ramp * m * m / (m * m + 4 * ramp * ramp)
    if b * length > 128 { read += (c["combine"] ?? 0) * 1e-6 }
    return 2e-6 * (c["kernel"] ?? 0) + norm(b * kv * (c["sequence"] ?? 0) * 1e-6 / sms, read)
  }
}
