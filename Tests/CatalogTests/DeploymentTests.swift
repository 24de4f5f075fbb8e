import Catalog
import Testing
import Units

@Suite struct DeploymentTests {
  private func named(_ name: String) throws -> Model { try #require(Model.named(name)) }

  @Test func `tensor parallelism copies key heads that are fewer than the GPUs`() throws {
    // Qwen 2.5 7B has 4 key heads of 128 over 28 layers; 28 query heads do not divide by 8.
    let four = try Deployment(
      model: named("qwen2.5-7b"), gpu: .a100SXM80, tensorParallel: 4)
    #expect(four.stages[0].kvBytesPerToken.value == Double(28 * 2 * 1 * 128 * 2))
    let qwen3 = try Deployment(model: named("qwen3-30b-a3b"), gpu: .h100SXM, tensorParallel: 8)
    #expect(qwen3.stages[0].kvBytesPerToken.value == Double(48 * 2 * 1 * 128 * 2))
  }

  @Test func `weights of Llama 2 70B on each of eight GPUs`() throws {
    let deployment = try Deployment(
      model: named("llama-2-70b"), gpu: .h100SXM, tensorParallel: 8)
    let attention = 8192 * 128 * (8 + 2 * 1 + 8)
    let feedForward = 3 * 8192 * 28672 / 8
    let tables = 2 * 32000 * 8192 / 8
    let expected = Double(2 * (80 * (attention + feedForward) + tables))
    #expect(deployment.weightsPerGPU.value == expected)
  }

  @Test func `the latent vector is copied to every GPU`() throws {
    let deployment = try Deployment(
      model: named("deepseek-v3"), gpu: .h200, tensorParallel: 8)
    #expect(deployment.stages[0].kvBytesPerToken.value == 70272)
  }

  @Test func `left-over layers go to the stages before the last`() throws {
    let deployment = try Deployment(
      model: named("llama-3.1-405b"), gpu: .h100SXM, tensorParallel: 8, pipelineParallel: 4)
    #expect(deployment.stages.map(\.layers) == [31, 32, 32, 31])
    let one = try Deployment(model: named("llama-2-7b"), gpu: .a10, pipelineParallel: 32)
    #expect(one.stages.map(\.layers) == [Int](repeating: 1, count: 32))
    let sum = one.stages.reduce(0) { $0 + $1.weights.value }
    #expect(sum == (try named("llama-2-7b")).weightBytes.value)
  }

  @Test(arguments: [
    (
      "qwen2.5-7b", 8, 1, "tensor_parallel 8 does not divide the attention heads of qwen2.5-7b (28)"
    ),
    ("llama-3-8b", 3, 1, "tensor_parallel 3 does not divide the attention heads"),
    ("llama-3-8b", 16, 1, "tensor_parallel is 16; it must be from 1 to 8"),
    ("llama-3-8b", 0, 1, "tensor_parallel is 0"),
    ("llama-3-8b", 1, 33, "pipeline_parallel is 33; llama-3-8b has 32 layers"),
  ])
  func `a model that does not divide is refused`(
    name: String, tensor: Int, pipeline: Int, message: String
  ) throws {
    let model = try named(name)
    let error = #expect(throws: CatalogError.self) {
      _ = try Deployment(
        model: model, gpu: .h100SXM, tensorParallel: tensor, pipelineParallel: pipeline)
    }
    #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
  }

  @Test func `GPUs without NVLink to all talk over the host's bus`() throws {
    let model = try named("llama-2-7b")
    let pair = try Deployment(model: model, gpu: .a100PCIe80, tensorParallel: 2)
    #expect(pair.tensorLink.value == 300e9)
    let four = try Deployment(model: model, gpu: .a100PCIe80, tensorParallel: 4)
    #expect(four.tensorLink.value == 31.5e9)
    let plain = try Deployment(model: model, gpu: .l40s, tensorParallel: 2)
    #expect(plain.tensorLink.value == 31.5e9)
  }

  @Test func `profiles are found by name, each has one, and the default is vLLM's of today`() {
    #expect(EngineProfile.named("vllm-2024")?.hostTime == Seconds(1.53 * 1e-3))
    #expect(EngineProfile.named("none")?.hostTime == Seconds(0))
    #expect(EngineProfile.standard == EngineProfile.named("vllm-2026"))
    #expect(Set(EngineProfile.all.map(\.name)).count == EngineProfile.all.count)
  }
}
