import Cost
import Experiment
import Files
import Foundation
import TestSupport
import Testing

@Suite struct ExplanationTests {
  private struct Answer: Decodable {
    struct Part: Decodable {
      let name: String
      let timeS: Double
      let share: Double?
      let boundBy: String
    }
    struct Step: Decodable {
      let timeS: Double
      let boundBy: String
      let mfu: Double?
      let mbu: Double?
      let parts: [Part]
    }
    let weightBytes: Double
    let weightBytesPerGpu: Double
    let kvBytesPerToken: Double
    let kvBytesPerTokenWithCopies: Double
    let kvRoomBytesPerGpu: Double?
    let kvPoolBytes: Double
    let kvPoolTokens: Int
    let kvPoolBlocks: Int
    let maxModelLenRequests: Int
    let rooflineKneeTokens: Double
    let costKneeTokens: Double?
    let hostTimeS: Double
    let decodeStep: Step
    let prefillStep: Step
    let caveats: [String]
  }

  private func explanation(
    _ model: String, _ gpu: String, _ settings: [String] = [],
    _ change: (inout Explanation.Steps) -> Void = { _ in }
  ) throws -> Explanation {
    var list = [
      Override("model", model, from: "--model"), Override("cluster.gpu", gpu, from: "--gpu"),
    ]
    for text in settings { list.append(try Override(text)) }
    var steps = Explanation.Steps()
    change(&steps)
    return try Explanation(try Assembly(try .unwritten(list)), steps)
  }

  private func answer(
    _ model: String, _ gpu: String, _ settings: [String] = [],
    _ change: (inout Explanation.Steps) -> Void = { _ in }
  ) throws -> Answer {
    try decoded(Answer.self, from: explanation(model, gpu, settings, change).json.text)
  }

  /// Kwon et al., SOSP 2023, §6.1: weights 26 GB, the rest of 40 GB for 15.7 thousand tokens.
  @Test func `OPT-13B leaves 988 blocks on an A100 of 40 GB`() throws {
    let answer = try answer("opt-13b", "a100-40gb-sxm")
    // 40 layers: four matrices 5120², two 5120 × 20480; one table of tokens, one of positions.
    let layer = 4 * 5120 * 5120 + 2 * 5120 * 20_480
    let weights = 2 * (40 * layer + 50_272 * 5120 + 2050 * 5120)
    let perToken = 2 * 40 * 5120 * 2
    let room = 40.0 * 1_073_741_824 * 0.9 - Double(weights)
    #expect(answer.weightBytes == Double(weights))
    #expect(answer.weightBytesPerGpu == Double(weights))
    #expect(answer.kvBytesPerToken == Double(perToken))
    #expect(abs(try #require(answer.kvRoomBytesPerGpu) - room) < 1)
    #expect(answer.kvPoolBlocks == Int(room / Double(16 * perToken)))
    #expect(answer.kvPoolBlocks == 988)
    #expect(answer.kvPoolTokens == 15_808)
    #expect(answer.kvPoolBytes == Double(15_808 * perToken))
    #expect(answer.maxModelLenRequests == 988 / (2048 / 16))
  }

  @Test func `at peak rates a decode step reads weights and context at full bandwidth`() throws {
    let answer = try answer(
      "llama-3-8b", "a100-80gb-sxm", ["engine.cost=roofline", "engine.profile=none"]
    ) { ($0.batch, $0.context, $0.prefill) = (1, 1000, 4096) }
    let layers = 32 * (2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14_336)
    let weights = Double(2 * (layers + 128_256 * 4096))
    // One token's keys and values are written, those of 1,000 are read.
    let seconds = (weights + 1001 * 131_072) / 2.039e12
    #expect(abs(answer.decodeStep.timeS - seconds) < 1e-9)
    #expect(answer.decodeStep.boundBy == "hbm")
    #expect(abs(try #require(answer.decodeStep.mbu) - 1) < 1e-9)
    let flops =
      Double(2 * layers) * 4096 + Double(2 * 128_256 * 4096)
      + Double(4 * 32 * 4096) * Double(4096 * 4097 / 2)
    #expect(abs(answer.prefillStep.timeS - flops / 312e12) < 1e-9)
    #expect(answer.prefillStep.boundBy == "compute")
    #expect(abs(try #require(answer.prefillStep.mfu) - 1) < 1e-9)
    let knee = weights / 2.039e12 / (Double(2 * layers) / 312e12)
    #expect(abs(answer.rooflineKneeTokens - knee) < 1e-9)
    #expect(answer.costKneeTokens == answer.rooflineKneeTokens)
    #expect(answer.hostTimeS == 0)
  }

  @Test(arguments: ["llama-3-8b", "mixtral-8x7b"])
  func `parts add up to the step`(model: String) throws {
    let answer = try answer(model, "h100-80gb-sxm", ["cluster.tensor_parallel=4"])
    for step in [answer.decodeStep, answer.prefillStep] {
      #expect(step.parts.count > 6)
      let sum = step.parts.map(\.timeS).reduce(0, +)
      #expect(abs(sum - step.timeS) < 1e-10, "each is rounded to a picosecond")
      let shares = step.parts.compactMap(\.share).reduce(0, +)
      #expect(abs(shares - 1) < 1e-12)
      #expect(step.parts.contains { $0.boundBy == "link" })
    }
    #expect(answer.hostTimeS == 0.001)
    #expect(answer.costKneeTokens != answer.rooflineKneeTokens)
  }

  @Test func `latent vectors are copied to every GPU that shares the heads`() throws {
    let answer = try answer("deepseek-v3", "h200-sxm", ["cluster.tensor_parallel=8"])
    #expect(answer.kvBytesPerTokenWithCopies == 8 * answer.kvBytesPerToken)
    let text = try explanation("deepseek-v3", "h200-sxm", ["cluster.tensor_parallel=8"]).text
    #expect(text.contains("over all GPUs, copied heads included"))
    #expect(text.hasPrefix("deepseek-v3 on 8 x h200-sxm (tensor_parallel 8, "))
  }

  @Test func `prices alone have no host time, no knee and no respect for the hardware`() throws {
    let cost = "engine.cost={name: linear, decode_step: 1 us}"
    let answer = try answer("llama-3-8b", "a100-80gb-sxm", [cost])
    #expect(answer.hostTimeS == 0)
    #expect(answer.costKneeTokens == nil)
    #expect(answer.decodeStep.timeS == 1e-6)
    #expect(answer.prefillStep.timeS == 0)
    #expect(answer.prefillStep.mfu == nil)
    #expect(answer.prefillStep.parts.allSatisfy { $0.share == nil })
    #expect(
      answer.caveats.contains("the decode step is faster than the peaks of a100-80gb-sxm allow"))
    let text = try explanation("llama-3-8b", "a100-80gb-sxm", [cost]).text
    #expect(text.contains("host time     none per step (cost linear)\n"))
    #expect(text.contains("prefill step, one prompt of 2,048 tokens: MFU -, MBU -\n"))
  }

  @Test func `what does not fit is said`() throws {
    let small = try answer("opt-13b", "a100-40gb-sxm", ["engine.kv_pool_tokens=160"])
    let twin =
      "no kernel timings of a100-40gb-sxm: its constants are timings of a100-80gb-sxm, "
      + "the same chip"
    #expect(
      small.caveats == [
        twin, "the KV pool of 160 tokens holds no request of max_model_len 2048",
        "32 sequences of 1024 tokens need 2048 KV blocks; the pool has 10",
      ])
    #expect(small.maxModelLenRequests == 0)
    let large = try answer("opt-13b", "a100-40gb-sxm", ["engine.kv_pool_tokens=16000"]) {
      ($0.batch, $0.prefill) = (2, 2049)
    }
    #expect(
      large.caveats == [
        twin, "--prefill 2049 is above max_model_len 2048",
        "kv_pool_tokens 16000 is above the 15808 tokens that the memory leaves",
      ])
  }

  @Test func `a GPU without timings of its own is said`() throws {
    let answer = try answer("llama-3-8b", "l4")
    #expect(answer.caveats.contains { $0.hasPrefix("no kernel timings of l4") })
  }

  @Test func `the page says memory first, then the steps`() throws {
    let lines = try explanation("llama-3-8b", "a100-80gb-sxm").text.split(separator: "\n")
    #expect(lines.first == "llama-3-8b on 1 x a100-80gb-sxm")
    #expect(lines.contains("weights       16.06 GB, 16.06 GB per GPU"))
    #expect(lines.contains("KV per token  131,072 B"))
    #expect(lines.contains("host time     1.000 ms per step (profile vllm-2026)"))
    #expect(
      lines.contains { $0.hasPrefix("decode step, 32 sequences with 1,024 tokens each: MFU") })
    #expect(lines.filter { $0.hasPrefix("  total") }.count == 2)
    #expect(lines.filter { $0.contains("  100.0 %  ") }.count == 2)
  }

  @Test func `a flag is blamed by its own name`() {
    #expect(
      message { _ = try explanation("llama-3-8", "l4") }
        .hasPrefix(#"--model: unknown model "llama-3-8" (did you mean "llama-3-8b"?); known: "#))
    #expect(
      message { _ = try explanation("llama-3-8b", "a10") { $0.batch = 0 } }
        == "--batch: 0 is out of range; write a whole number from 1 to 1000000")
    #expect(
      message { _ = try explanation("llama-3-8b", "a10") { $0.context = 1 << 31 } }
        == "--context: 2147483648 is out of range; write a whole number from 1 to 2147483647")
  }
}
