import Catalog
import Cost
import Testing
import Units

@Suite struct DecodeAttentionTests {
  private var kernels: KernelProfile {
    var kernels = KernelProfile.blank
    kernels.decode.kernel = 5e-6
    kernels.decode.combine = 1e-6
    kernels.decode.memory = 0.8
    kernels.decode.sequence = 4e-6
    kernels.decode.ramp = 10e-6
    kernels.prefill.row = 50e3
    return kernels
  }

  private func time(
    _ heads: AttentionHeads, _ sequences: Int, _ context: Int, on gpu: GPU = .round()
  ) -> Double {
    Cost.Operation.decodeAttention(heads, sequences: sequences, context: context)
      .time(on: gpu, kernels).value
  }

  private let grouped = AttentionHeads(queries: 32, keyValues: 8, width: 128)
  private let single = AttentionHeads(queries: 8, keyValues: 8, width: 128)

  /// Reading `tokens` and the rows of `sequences`, each 40 · 128 · 4 B; the ramp is 10 µs.
  private func read(_ tokens: Double, _ sequences: Double, bytes: Double = 4096) -> Double {
    let m: Double = (tokens * bytes + sequences * 20_480) / 0.8e12
    let ramp: Double = 10e-6 * m * m / (m * m + 4e-10)
    return m + ramp + 1e-6
  }

  @Test func `a long context is read at its share of the bandwidth once the ramp is over`() {
    // 64 · 10,000 tokens of 4096 B and 64 rows of 40 · 512 B at 0.8 TB/s: M = 3.278 ms, so that
    // the ramp's M²/(M² + 4·10⁻¹⁰) is 1 but for 4e-5; 64 · 8 · 4 µs / 100 SMs is far below.
    let m: Double = (640_000 * 4096 + 64 * 20_480) / 0.8e12
    #expect(near(time(grouped, 64, 10_000), 10e-6 + m + 10e-6 + 1e-6, within: 1e-5))
  }

  @Test func `one short sequence takes two kernels and half a ramp`() {
    // 1,948 tokens of 4096 B and its rows take M = 10 µs: ramp · M²/(M² + 4 M²) = 2 µs.
    #expect(near(time(grouped, 1, 1948), 10e-6 + 10e-6 + 2e-6 + 1e-6, within: 1e-4))
    let expected = 10e-6 + Reference.norm(8 * 4e-8, read(1948, 1))
    #expect(near(time(grouped, 1, 1948), expected))
  }

  @Test func `many short sequences wait for multiprocessors`() {
    // 4096 · 8 heads · 4 µs / 100 = 1.31 ms, against 16 · 4096 tokens: 0.34 ms and their rows.
    let busy: Double = 4096 * 8 * 4e-8
    let expected = 10e-6 + Reference.norm(busy, read(65_536, 4096))
    #expect(near(time(grouped, 4096, 16), expected))
  }

  @Test func `contexts up to 128 tokens are merged nowhere`() {
    let step = time(grouped, 1, 129) - time(grouped, 1, 128)
    let smooth = time(grouped, 1, 128) - time(grouped, 1, 127)
    #expect(step > 0.9e-6 + smooth && step < 1.1e-6 + smooth)
  }

  @Test func `flash attention 2 packs groups by a kernel of its own, for several sequences`() {
    let ampere = GPU.round(.ampere)
    #expect(near(time(grouped, 1, 1000, on: ampere), time(grouped, 1, 1000)))
    #expect(near(time(grouped, 2, 1000, on: ampere), time(grouped, 2, 1000) + 5e-6))
    // Nothing to pack: heads of their own, or one key head for all; the former does not split.
    #expect(near(time(single, 2, 1000, on: ampere), time(single, 2, 1000), within: 0.05))
    #expect(time(single, 2, 1000, on: ampere) < time(single, 2, 1000))
    let one = AttentionHeads(queries: 8, keyValues: 1, width: 128)
    #expect(near(time(one, 2, 1000, on: ampere), time(one, 2, 1000)))
  }

  @Test func `a cache of 8 bits is half the bytes, unpacked at 5 percent`() {
    let half = AttentionHeads(queries: 32, keyValues: 8, width: 128, cache: .fp8)
    #expect(half.bytesPerToken == 2048)
    let reading = read(640_000, 64, bytes: 2048 * 1.05)
    #expect(near(time(half, 64, 10_000), 10e-6 + Reference.norm(64 * 8 * 4e-8, reading)))
  }

  @Test func `the floor of the data sheet holds whatever the constants`() {
    var kernels = KernelProfile.blank
    kernels.decode.memory = 1000
    let operation = Cost.Operation.decodeAttention(grouped, sequences: 10, context: 1000)
    #expect(near(operation.time(on: .round(), kernels).value, 10_000 * 4096 / 1e12))
    // 1024 query heads over one key head: 4 · 1024 · 128 operations a token beat 512 B.
    kernels.prefill.compute = 1000
    let wide = AttentionHeads(queries: 1024, keyValues: 1, width: 128)
    let heavy = Cost.Operation.decodeAttention(wide, sequences: 10, context: 1000)
    #expect(near(heavy.time(on: .round(), kernels).value, 10_000.0 * 4 * 1024 * 128 / 100e12))
  }

  @Test func `many heads that share their keys compute at the share that prompts reach`() {
    // 512 operations a byte against 100 at the peaks, at half the peak; 64 · 10,000 tokens.
    var kernels = kernels
    kernels.prefill.compute = 0.5
    let latent = AttentionHeads(queries: 512, keyValues: 1, width: 128)
    let operation = Cost.Operation.decodeAttention(latent, sequences: 64, context: 10_000)
    let computing: Double = 640_000 * 4 * 512 * 128 / 50e12
    let rows: Double = 64 * 4 * 128 * 513 / 0.8e12
    let expected = 10e-6 + computing + rows + 11e-6
    #expect(near(operation.time(on: .round(), kernels).value, expected, within: 1e-5))
  }

  @Test(arguments: GPU.Architecture.allCases)
  func `every size follows the documented formula`(architecture: GPU.Architecture) {
    var random = LinearCongruential(state: 12)
    var gpu = GPU.round(architecture)
    for i in 0..<1000 {
      gpu.bandwidth = BytesPerSecond(i % 2 == 0 ? 0.9e12 : 3e12)
      let kernels = KernelProfile.random(&random)
      let keys = Int.random(in: 1...16, using: &random)
      let heads = AttentionHeads(
        queries: keys * Int.random(in: 1...8, using: &random), keyValues: keys,
        width: [64, 96, 128, 256][i % 4], cache: i % 3 == 0 ? .fp8 : .bf16)
      let batch = Int.random(in: 1...700, using: &random)
      let context = Int.random(in: 1...(i % 5 == 0 ? 200 : 20_000), using: &random)
      // Hopper's kernels need Hopper's instructions, or Blackwell's with HBM.
      let isNew = architecture == .hopper || architecture == .blackwell && i % 2 == 1
      let expected = Reference.decode(
        kernels, heads,
        [Double](repeating: Double(context), count: batch), on: gpu, flash3: isNew)
      let operation = Cost.Operation.decodeAttention(heads, sequences: batch, context: context)
      #expect(near(operation.time(on: gpu, kernels).value, expected), "\(operation)")
    }
  }

  @Test func `the longest of many contexts ends last without splits`() throws {
    // 32 layers, 8 key heads: from 0.8 · 188 / 8 = 18.8 sequences on.
    let deployment = try deploy("llama-3.1-8b", "rtx-pro-6000-server")
    let cost = Calibrated(Calibrated.Options(), deployment)
    let constants = KernelProfile(of: deployment.gpu)
    // Whole tiles of 64 rows and 128 columns for one query.
    let walk = max(constants.prefill.row, 4 * 64 * 128 / constants.prefill.compute)
    for (batch, longest) in [(18, 9000), (19, 9000), (64, 9000), (64, 1000), (256, 100_000)] {
      var shape = StepShape.decode(batch, context: 1000)
      shape.longestContext = Int32(longest)
      let rest = (Double(batch) * 1000 - Double(longest)) / Double(batch - 1)
      let contexts = [Double(longest)] + [Double](repeating: rest, count: batch - 1)
      let expected = Reference.decode(
        constants, row: walk, grouped, contexts, on: deployment.gpu, flash3: false)
      let part = try #require(
        cost.parts(of: shape).parts.first { $0.name == "decode attention" })
      #expect(near(part.time.value, 32 * expected), "\(batch) \(longest)")
    }
  }
}
