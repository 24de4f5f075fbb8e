import Catalog
import Cost
import Testing
import Units

/// What operations need at the least, by hand.
@Suite struct OperationTests {
  private let heads = AttentionHeads(queries: 8, keyValues: 2, width: 64)

  @Test func `heads know the bytes of a token and the operations of a pair`() {
    #expect(heads.bytesPerToken == 512)  // 2 · 2 heads · 64 · 2 B
    #expect(heads.flopsPerPair == 2048)  // two products of 2 · 64 operations for 8 heads
    let half = AttentionHeads(queries: 8, keyValues: 2, width: 64, cache: .fp8)
    #expect(half.bytesPerToken == 256 && half.flopsPerPair == 2048)
  }

  @Test func `a product multiplies and adds, reads its weights and passes its rows`() {
    let work = Cost.Operation.gemm(rows: 3, inner: 5, outer: 7, .fp8).work
    #expect(work.flops == 210 && work.precision == .fp8)
    #expect(work.memory == 35 + 3 * (5 + 7) * 2)
    #expect(Cost.Operation.gemm(rows: 3, inner: 5, outer: 7, .bf16).work.memory == 70 + 72)
  }

  @Test func `attention reads its keys and computes its pairs`() {
    let decode = Cost.Operation.decodeAttention(heads, sequences: 3, context: 10).work
    #expect(decode.flops == 30 * 2048 && decode.memory == 30 * 512)
    // Half of the pairs are masked: 10 · 100 cached ones and 10²/2; queries in, outputs out.
    let prompt = Cost.Operation.prefillAttention(heads, sequences: 3, tokens: 10, cached: 100).work
    #expect(prompt.flops == 3 * 1050 * 2048)
    #expect(prompt.memory == 3 * (110 * 512 + 2 * 10 * 512 * 2))
  }

  @Test func `links carry what leaves each GPU`() {
    let kinds: [(Collective, Double)] = [
      (.allReduce, 1.5), (.allGather, 0.75), (.reduceScatter, 0.75), (.allToAll, 0.75),
    ]
    for (kind, share) in kinds {
      #expect(kind.share(of: 4) == share)
      let work = Cost.Operation.collective(kind, gpus: 4, bytes: 1000, overNVLink: true).work
      #expect(work == .init(link: 1000 * share))
    }
    #expect(
      Cost.Operation.engineAllReduce(gpus: 8, bytes: 1000, overNVLink: true).work.link == 1750)
    #expect(Cost.Operation.copy(.kernel, blockBytes: 10, blocks: 20).work.link == 200)
  }

  @Test func `experts are read once and computed for every visit`() {
    var experts = ExpertProducts(tokens: 3, hidden: 10, ffn: 20, perToken: 2, count: 8)
    var work = Cost.Operation.experts(experts).work
    #expect(work.flops == 6 * 2 * 600 && work.memory == 6 * 600 * 2)
    experts.tokens = 100
    experts.ranks = 4
    experts.precision = .fp8
    work = Cost.Operation.experts(experts).work
    #expect(work.flops == 50 * 2 * 600 && work.memory == 2 * 600 && work.precision == .fp8)
  }

  @Test func `the floor is the largest of arithmetic, traffic and link at the peaks`() {
    let gpu = GPU.round()
    func floor(_ operation: Cost.Operation) -> Double { operation.floor(on: gpu).value }
    #expect(near(floor(.gemm(rows: 1000, inner: 1000, outer: 1000, .bf16)), 2e9 / 100e12))
    #expect(near(floor(.gemm(rows: 1, inner: 1000, outer: 1000, .bf16)), 2.004e6 / 1e12))
    #expect(near(floor(.gemm(rows: 1000, inner: 4000, outer: 4000, .fp8)), 32e9 / 200e12))
    #expect(near(floor(.elementwise(bytes: 1e6)), 1e-6))
    #expect(near(floor(.sampling(sequences: 10, vocab: 1000)), 20e3 / 1e12))
    #expect(
      near(floor(.collective(.allGather, gpus: 2, bytes: 1e6, overNVLink: true)), 0.5e6 / 100e9))
    #expect(
      near(floor(.engineAllReduce(gpus: 2, bytes: 1e6, overNVLink: false)), 1e6 / 50e9))
    #expect(near(floor(.copy(.memcpy, blockBytes: 1e6, blocks: 2)), 2e6 / 50e9))
  }
}

extension Cost.Operation.Work {
  fileprivate init(link: Double) {
    self = Cost.Operation.copy(.memcpy, blockBytes: link, blocks: 1).work
  }
}
