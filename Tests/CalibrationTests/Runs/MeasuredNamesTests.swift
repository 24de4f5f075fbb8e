import Calibration
import Catalog
import Testing

@Suite struct MeasuredNamesTests {
  @Test(arguments: [
    ("meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b"), ("Qwen/Qwen3-32B", "qwen3-32b"),
    ("meta-llama/Meta-Llama-3-8B", "llama-3-8b"), ("llama2-70b", "llama-2-70b"),
    ("meta-llama/Llama-2-7b-hf", "llama-2-7b"),
    ("nvidia/Llama-3.3-70B-Instruct-FP8", "llama-3.3-70b"),
    ("Qwen/Qwen3-235B-A22B", "qwen3-235b-a22b"), ("bloom-176b", "bloom-176b"),
  ])
  func `models have the names that checkpoints have`(name: String, known: String) {
    #expect(Model.measured(name)?.name == known)
  }

  @Test(arguments: ["gpt-oss-120b", "Llama-3.1", "", "llama-3.1-8", "Qwen3-3"])
  func `a model that the catalogue lacks is none of its others`(name: String) {
    #expect(Model.measured(name) == nil)
  }

  @Test(arguments: [
    ("h100_sxm", "h100-80gb-sxm"), ("NVIDIA H100 80GB HBM3", "h100-80gb-sxm"),
    ("A100-SXM4-40GB", "a100-40gb-sxm"), ("a100-80gb", "a100-80gb-sxm"), ("l40s", "l40s"),
    ("RTXPRO6000", "rtx-pro-6000-server"),
  ])
  func `GPUs have the names that their makers and files use`(name: String, known: String) {
    #expect(GPU.measured(name)?.name == known)
  }

  @Test(arguments: [
    ("vllm", "0.12.0", "vllm-2025"), ("vllm", "0.19.0", "vllm-2026"), ("vllm", "", "vllm-2026"),
    ("vllm", "0.8.5.post1", "vllm-2025"), ("vLLM", "2024", "vllm-2024"),
    ("vllm", "0.6.3", "vllm-2024"), ("vllm", "0.2.7", "vllm-2023"), ("vllm", "2023", "vllm-2023"),
    ("trtllm", "1.0.0rc3", "trtllm-2026"), ("TensorRT-LLM", "2024", "trtllm-2024"),
    ("trtllm", "0.16.0", "trtllm-2024"), ("sglang", "0.5.1", "sglang-2026"),
  ])
  func `an engine and its version make a generation`(
    engine: String, version: String, profile: String
  ) {
    #expect(EngineProfile.measured(engine: engine, version: version)?.name == profile)
  }

  @Test func `unknown engines have no profile, and Splitwise's A100 machines their own`() {
    #expect(EngineProfile.measured(engine: "orca", version: "1") == nil)
    let old = EngineProfile.measured(engine: "vllm", version: "2023", gpu: GPU.measured("a100"))
    #expect(old?.name == "vllm-2023-rome")
  }
}
