import Catalog
import Cost
import Testing
import Units

@Suite struct PrefillAttentionTests {
  private var kernels: KernelProfile {
    var kernels = KernelProfile.blank
    kernels.prefill.floor = 10e-6
    kernels.prefill.compute = 0.6
    kernels.prefill.block = 5e6
    kernels.prefill.store = 20e9
    kernels.prefill.row = 40e3
    return kernels
  }
  private let heads = AttentionHeads(queries: 32, keyValues: 8, width: 128)

  private func time(
    _ heads: AttentionHeads, _ sequences: Int, _ tokens: Int, cached: Int = 0
  ) -> Double {
    Cost.Operation.prefillAttention(heads, sequences: sequences, tokens: tokens, cached: cached)
      .time(on: .round(), kernels).value
  }

  @Test func `a prompt of 4,096 tokens by hand`() {
    // 4096·4097/2 pairs of 4·32·128 operations at 60 TFLOP/s: 2.29 ms; 32 blocks of 32 · 5 MFLOP
    // at 100: 51 µs; the last one: 4096 · 40 kFLOP on one multiprocessor: 164 µs; keys: 16.8 MB
    // at 0.95 TB/s: 18 µs; stored: 4096 · (64 + 48) · 256 B at 2 TB/s: 59 µs; of
    // 4096 · (64 + 32) · 256 = 101 MB 50 MB stay in L2: 53 µs.
    let pairs = 4096.0 * 4097 / 2 * 16384 / 60e12
    let (blocks, tail) = (32 * 32 * 5e6 / 100e12, 4096 * 40e3 / 1e12)
    let keys = 4096 * 4096 / 0.95e12
    let store = 4096 * 112 * 256 / 2e12
    let overflow = (4096 * 96 * 256 - 50e6) / 0.95e12
    let expected =
      10e-6 + Reference.norm(pairs + blocks + tail / 2, tail, keys)
      + Reference.norm(store, overflow)
    #expect(near(time(heads, 1, 4096), expected))
    #expect(expected > 2.4e-3 && expected < 2.6e-3)
  }

  @Test func `one token is one block and little else`() {
    let tail = 40e3 / 1e12
    let work = Reference.norm(
      16384 / 60e12 + 32 * 5e6 / 100e12 + tail / 2, tail, 4096 / 0.95e12)
    #expect(near(time(heads, 1, 1), 10e-6 + work + 112 * 256 / 2e12))
  }

  @Test func `blocks of 128 rows start with their first row`() {
    let block = 32 * 5e6 / 100e12
    // The corner of the norm takes a part of it.
    let first = time(heads, 1, 129) - time(heads, 1, 128)
    #expect(first > 0.8 * block && first < 1.1 * block)
    #expect(time(heads, 1, 128) - time(heads, 1, 127) < 0.1 * block)
  }

  @Test func `a cached prefix adds its pairs and its keys`() {
    let pairs = (100 * 8000.0 + 5050) * 16384 / 60e12
    let tail = 8100 * 40e3 / 1e12
    let work = Reference.norm(
      pairs + 32 * 5e6 / 100e12 + tail / 2, tail, 8100 * 4096 / 0.95e12)
    #expect(near(time(heads, 1, 100, cached: 8000), 10e-6 + work + 100 * 112 * 256 / 2e12))
  }

  @Test func `heads of 64 pay for the softmax that wide heads hide`() {
    func seconds(_ width: Int) -> Double {
      time(AttentionHeads(queries: 32, keyValues: 8, width: width), 1, 65536)
    }
    // (1 + 50/64)/(1 + 50/128) = 1.281 of half the operations; wider heads pay nothing more.
    #expect(near(seconds(64) / seconds(128), 1.281 / 2, within: 0.01))
    #expect(near(seconds(256) / seconds(128), 2, within: 0.01))
  }

  @Test func `every size follows the documented formula`() {
    var random = LinearCongruential(state: 13)
    for i in 0..<3000 {
      let gpu = GPU.all[i % GPU.all.count]
      let kernels = KernelProfile.random(&random)
      let keys = Int.random(in: 1...16, using: &random)
      let heads = AttentionHeads(
        queries: keys * Int.random(in: 1...16, using: &random), keyValues: keys,
        width: [64, 96, 128, 256][i % 4], cache: i % 3 == 0 ? .fp8 : .bf16)
      let batch = Int.random(in: 1...(i % 2 == 0 ? 4 : 4000), using: &random)
      let tokens = Int.random(in: 1...(i % 5 == 0 ? 300 : 10_000), using: &random)
      let cached = i % 2 == 0 ? 0 : Int.random(in: 0...50_000, using: &random)
      let chunk: Reference.Chunk = (Double(tokens), Double(cached))
      let expected = Reference.prefill(
        kernels.prefill, heads, [Reference.Chunk](repeating: chunk, count: batch), on: gpu)
      let operation = Cost.Operation.prefillAttention(
        heads, sequences: batch, tokens: tokens, cached: cached)
      #expect(
        near(operation.time(on: gpu, kernels).value, expected, within: 1e-8),
        "\(gpu.name) \(operation)")
    }
  }

  @Test func `keys that were cached and queries together do not outrun the memory`() {
    // Constants at the fast ends of their ranges; queries that L2 holds, keys that it does not.
    var kernels = kernels
    kernels.prefill.compute = 1
    kernels.prefill.block = 0.5e6
    kernels.prefill.store = 60e9
    kernels.prefill.row = 5e3
    kernels.prefill.floor = 1e-6
    let wide = AttentionHeads(queries: 8, keyValues: 8, width: 128)
    let operation = Cost.Operation.prefillAttention(wide, sequences: 4000, tokens: 1, cached: 64)
    let bytes = 4000 * (65 * 4096.0 + 8 * 512)
    #expect(operation.time(on: .round(), kernels).value >= bytes / 1e12)
    #expect(near(operation.floor(on: .round()).value, bytes / 1e12))
  }
}
