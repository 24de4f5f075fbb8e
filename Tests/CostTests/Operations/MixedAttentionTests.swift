import Catalog
import Cost
import Testing
import Units

/// Attention of steps that hold prompts and decodes.
@Suite struct MixedAttentionTests {
  private let heads = AttentionHeads(queries: 32, keyValues: 8, width: 128)
  private typealias Decodes = (count: Int, context: Int, longest: Int)

  private func shape(_ decodes: Decodes, _ chunks: [Reference.Chunk]) -> StepShape {
    var shape = StepShape.decode(decodes.count, context: decodes.context)
    shape.longestContext = Int32(decodes.longest)
    for chunk in chunks { shape.addChunk(tokens: Int32(chunk.tokens), after: Int32(chunk.cached)) }
    return shape
  }

  /// All attention of a step of Llama 3.1 8B, a layer.
  private func time(_ cost: Calibrated, _ shape: StepShape) -> Double {
    let parts = cost.parts(of: shape).parts.filter { $0.name.hasSuffix("attention") }
    return parts.reduce(0) { $0 + $1.time.value } / 32
  }

  private func alone(
    _ kernels: KernelProfile, _ decodes: Decodes, on gpu: GPU, flash3: Bool
  ) -> Double {
    let rest = Double(decodes.count * decodes.context - decodes.longest) / Double(decodes.count - 1)
    let contexts =
      [Double(decodes.longest)]
      + [Double](repeating: rest, count: decodes.count - 1)
    return Reference.decode(
      kernels, heads, contexts, on: gpu, flash3: flash3)
  }

  private static let chunks: [[Reference.Chunk]] = [
    [(1, 0)], [(63, 0)], [(64, 0)], [(65, 0)], [(129, 4000)], [(2048, 0)], [(512, 100), (1500, 0)],
    [(8192, 0)], [(200, 30_000), (100, 0), (65, 64)],
  ]
  private static let decodes: [Decodes] = [
    (2, 10, 15), (4, 4000, 4000), (32, 1000, 1000), (128, 500, 9000), (256, 2000, 2000),
  ]

  @Test func `on Hopper the times add, less one launch`() throws {
    let deployment = try deploy("llama-3.1-8b", "h100-80gb-sxm")
    let cost = Calibrated(Calibrated.Options(), deployment)
    let kernels = KernelProfile(of: deployment.gpu)
    for decodes in Self.decodes {
      for chunks in Self.chunks {
        let prompt = Reference.prefill(kernels.prefill, heads, chunks, on: deployment.gpu)
        let decode = alone(kernels, decodes, on: deployment.gpu, flash3: true)
        let saved = min(kernels.prefill.floor, 2 * kernels.decode.kernel)
        let expected = prompt + decode - saved
        #expect(near(time(cost, shape(decodes, chunks)), expected), "\(decodes) \(chunks)")
      }
    }
  }

  /// One kernel: a decoding query fills a row block of 64 · 1.12 rows for each query head, skips
  /// the blocks it lacks at 0.4 µs a head, and heads read shared keys again from L2 or HBM.
  private func oneKernel(
    _ kernels: KernelProfile, _ decodes: Decodes, _ chunks: [Reference.Chunk], on gpu: GPU
  ) -> Double {
    let t = kernels.prefill
    let (peak, bandwidth) = (gpu.bf16.value, 0.95 * gpu.bandwidth.value)
    let sms = Double(gpu.multiprocessors)
    let (count, context) = (Double(decodes.count), Double(decodes.count * decodes.context))
    let pairs = chunks.map { $0.tokens * $0.cached + $0.tokens * ($0.tokens + 1) / 2 }
      .reduce(0, +)
    let blocks = chunks.map { ($0.tokens / 128).rounded(.up) }.reduce(0, +) + count
    let rows = chunks.map(\.tokens).reduce(0, +) + count
    let ends = chunks.map { $0.tokens + $0.cached }
    let largest = chunks.map(\.tokens).max() ?? 0
    let empty = max(0, (largest / 64).rounded(.up) - 1)
    let compute =
      (pairs + 1.12 * 64 * context) * 4 * 32 * 128 / (t.compute * peak)
      + blocks * 32 * t.block / peak + count * empty * 32 * 0.4e-6 / sms
    // Keys and values of one head: 512 B a token. Up to 0.3 of L2 they stay there.
    let missing = min(1, max(0, (context * 512 / gpu.l2.value - 0.3) / 0.7))
    let again = 1 + 3 * min(1, count / sms) * missing
    let keys = (ends.reduce(0, +) + context * again) * 4096 / bandwidth
    let last = max(ends.max() ?? 0, Double(decodes.longest))
    let tail = last * max(t.row, 4 * 64 * 128 / t.compute) / (peak / sms)
    let store = rows * (64 + 48) * 256 / (sms * t.store)
    let overflow = max(0, rows * (64 + 32) * 256 - gpu.l2.value) / bandwidth
    let time =
      t.floor + Reference.norm(compute + tail / 2, tail, keys) + Reference.norm(store, overflow)
    return max(
      time, Reference.prefill(t, heads, chunks, on: gpu),
      alone(kernels, decodes, on: gpu, flash3: false))
  }

  @Test(arguments: ["rtx-pro-6000-server", "a100-80gb-sxm"])
  func `flash attention 2 runs one kernel for both`(name: String) throws {
    let deployment = try deploy("llama-3.1-8b", name)
    let cost = Calibrated(Calibrated.Options(), deployment)
    let kernels = KernelProfile(of: deployment.gpu)
    for decodes in Self.decodes {
      for chunks in Self.chunks {
        let expected = oneKernel(kernels, decodes, chunks, on: deployment.gpu)
        #expect(near(time(cost, shape(decodes, chunks)), expected), "\(decodes) \(chunks)")
      }
    }
  }

  @Test(arguments: [EngineProfile.Kernels.of2023, .of2024])
  func `kernels before grouped queries were packed launch two kernels and add up`(
    years: EngineProfile.Kernels
  ) throws {
    var profile = EngineProfile.none
    profile.kernels = years
    let deployment = try deploy("llama-3.1-8b", "a100-80gb-sxm", profile: profile)
    let cost = Calibrated(Calibrated.Options(), deployment)
    let (kernels, gpu) = (cost.kernels, deployment.gpu)
    for (count, context) in [(2, 10), (4, 4000), (128, 500), (256, 2000)] {
      let (b, tokens) = (Double(count), Double(count * context))
      // Four query heads read the keys of one, from L2 after the first; nothing is swapped.
      let slower = max(1 / kernels.decode.memory, 4 / kernels.elementwise.cacheSpeed)
      let t = kernels.decode
      let rows: Double = b * 40 * 128 * 4 / t.memory
      let m: Double = (tokens * 4096 * slower + rows) / gpu.bandwidth.value
      let ramp: Double = t.ramp * m * m / (m * m + 4 * t.ramp * t.ramp)
      let read: Double = m + ramp + (tokens > 128 ? t.combine : 0)
      let decode = 2 * t.kernel + Reference.norm(b * 8 * t.sequence / 108, read)
      let decodes: Decodes = (count, context, context)
      #expect(near(time(cost, shape(decodes, [])), decode), "\(count)")
      for chunks in Self.chunks {
        let prompt = Reference.prefill(kernels.prefill, heads, chunks, on: gpu)
        let saved = min(kernels.prefill.floor, 2 * kernels.decode.kernel)
        #expect(near(time(cost, shape(decodes, chunks)), prompt + decode - saved), "\(chunks)")
      }
    }
  }

  @Test func `mixed steps cost more than their parts as measured on RTX PRO 6000`() throws {
    // Measured: 1.1–1.5 times the separate times with 4–16 decodes, 2.3–3.2 with 128.
    let cost = Calibrated(Calibrated.Options(), try deploy("llama-3.1-8b", "rtx-pro-6000-server"))
    func ratio(_ count: Int) -> Double {
      let decodes: Decodes = (count, 1000, 1000)
      let apart = time(cost, shape(decodes, [])) + time(cost, .prompt(1024))
      return time(cost, shape(decodes, [(1024, 0)])) / apart
    }
    #expect((0.9...1.6).contains(ratio(8)))
    #expect((1.8...3.4).contains(ratio(128)))
  }
}
