import Catalog
import Testing
import Units

@Suite struct KVPoolTests {
  private func pool(
    _ name: String, _ gpu: GPU, tensor: Int = 1, pipeline: Int = 1, utilization: Double = 0.9,
    reserve: Bytes = Bytes(0), block: Int = 16
  ) throws -> KVPool {
    let model = try #require(Model.named(name))
    let deployment = try Deployment(
      model: model, gpu: gpu, tensorParallel: tensor, pipelineParallel: pipeline)
    return try KVPool(
      deployment, utilization: utilization, reserve: reserve, blockSize: block)
  }

  @Test func `OPT 13B on a 40 GB A100 leaves 988 blocks`() throws {
    // PagedAttention's set-up: 15,812 tokens of 800 KB.
    let pool = try pool("opt-13b", .a100SXM40)
    #expect(pool.blocks == 988)
    #expect(pool.bytesPerBlock.value == 16 * 819_200)
    #expect(abs(pool.bytesPerGPU.value / 819_200 - 15812) < 1)
  }

  @Test func `one user of 50,251 tokens fits beside Yi 34B on an 80 GB A100 and two do not`() throws
  {
    let pool = try pool("yi-34b-200k", .a100SXM80, utilization: 1)
    #expect(pool.tokens >= 50251)
    #expect(pool.tokens < 2 * 50251)
  }

  @Test func `a reserve takes its bytes`() throws {
    let whole = try pool("llama-3-8b", .h100SXM, block: 1)
    let less = try pool("llama-3-8b", .h100SXM, reserve: Bytes(131_072 * 1000), block: 1)
    #expect(whole.blocks - less.blocks == 1000)
  }

  @Test func `a pipeline's pool is that of its tightest stage`() throws {
    let deployment = try Deployment(
      model: try #require(Model.named("llama-3.1-405b")), gpu: .h200, tensorParallel: 8,
      pipelineParallel: 4)
    let pool = try KVPool(deployment, utilization: 0.9, blockSize: 16)
    let usable = 141 * 0x1p30 * 0.9
    let rooms = deployment.stages.map {
      Int((usable - $0.weights.value) / ($0.kvBytesPerToken.value * 16))
    }
    #expect(pool.blocks == rooms.min())
  }

  @Test func `weights that do not fit say by how much`() throws {
    // 140.9 GB of weights in 72 GiB: (2·68.98e9 − 0.9·80·2³⁰) / 2³⁰ = 56.5 GiB short.
    let error = #expect(throws: CatalogError.self) { _ = try pool("llama-2-70b", .a100SXM80) }
    let message = error?.description ?? ""
    #expect(message.hasPrefix("llama-2-70b does not fit a100-80gb-sxm with tensor_parallel 1"))
    #expect(message.contains("lacks 56.4"), "\(message)")
  }

  @Test func `shares outside 0 to 1, empty blocks and negative reserves are refused`() {
    #expect(throws: CatalogError.self) { _ = try pool("opt-13b", .a100SXM80, utilization: 0) }
    #expect(throws: CatalogError.self) { _ = try pool("opt-13b", .a100SXM80, utilization: 1.1) }
    #expect(throws: CatalogError.self) { _ = try pool("opt-13b", .a100SXM80, utilization: .nan) }
    #expect(throws: CatalogError.self) { _ = try pool("opt-13b", .a100SXM80, block: 0) }
    #expect(throws: CatalogError.self) { _ = try pool("opt-13b", .a100SXM80, reserve: Bytes(-1)) }
  }
}
