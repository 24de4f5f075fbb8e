import Calibration
import Catalog
import Testing
import Units

/// The rows of a CSV text as runs of a class.
func runs(_ type: any MeasuredRunClass.Type, _ text: String) throws -> [MeasuredRunRow] {
  try MeasuredTable(Array(text.utf8), name: "m.csv").rows.map { try type.row($0) }
}

@Suite struct ClosedLoopRunsTests {
  static let header =
    "gpu,model,engine,precision,tp,pp,attention_dp_size,isl,osl,concurrency,ttft_ms,tpot_ms,"
    + "n_runs,tpot_spread,backend_version\n"

  private func run(_ row: String) throws -> MeasuredRunRow {
    try #require(try runs(ClosedLoopRuns.self, Self.header + row + "\n").first)
  }

  @Test func `a row is a closed loop with its two times`() throws {
    let row = try run(
      "h100_sxm,Qwen/Qwen3-32B,vllm,fp8,2.0,1.0,1.0,1024,128,8.0,150,18.5,1,0.0,0.12.0")
    let run = try #require(row.run)
    #expect(run.model.name == "qwen3-32b-fp8" && run.gpu.name == "h100-80gb-sxm")
    #expect(run.tensorParallel == 2 && run.load == .closed(concurrency: 8))
    #expect(run.input == 1024 && run.output == 128)
    #expect(run.times.map(\.metric) == [.tpot, .ttft])
    #expect(run.times.map(\.time) == [Seconds(18.5e-3), Seconds(150e-3)])
    #expect(row.place == "m.csv:2" && row.version == "0.12.0")
  }

  @Test func `an inferred 16-bit format counts, and an averaged start does not`() throws {
    let row = try run(
      "h100_sxm,meta-llama/Llama-3.1-8B,trtllm,bf16(inferred),1,1,,1024,128,8,150,7,1,0,1.0.0rc3")
    #expect(row.run?.model.name == "llama-3.1-8b")
    #expect(row.run?.times.map(\.metric) == [.tpot])
  }

  @Test(arguments: [
    ("h100_sxm,Qwen/Qwen3-32B,vllm,fp8,2,1,,1024,128,,150,18,1,0,", "no concurrency is given"),
    ("h100_sxm,Qwen/Qwen3-32B,vllm,fp8,2,0,,1024,128,8,150,18,1,0,", "pp is 0"),
    (
      "h100_sxm,Qwen/Qwen3-32B,vllm,fp8,2,1,4,1024,128,8,150,18,1,0,",
      "data-parallel attention (attention_dp_size 4) are not replayed"
    ),
    (
      "h100_sxm,Qwen/Qwen3-32B,vllm,bf16,2,1,,1024,128,8,150,18,3,0.3,",
      "its repeats differ by over 20 %"
    ),
    ("h100_sxm,Qwen/Qwen3-32B,vllm,fp4,2,1,,1,1,8,1,1,1,0,", "weights in fp4 are not modelled"),
    ("h100_sxm,acme/one,vllm,fp8,2,1,,1,1,8,1,1,1,0,", "the catalogue has no such model"),
    ("mi999,Qwen/Qwen3-32B,vllm,fp8,2,1,,1,1,8,1,1,1,0,", "the catalogue has no GPU mi999"),
  ])
  func `rows that are not replayed say why`(text: String, reason: String) throws {
    let row = try run(text)
    #expect(row.run == nil && row.reason == reason)
  }

  @Test func `a value without sense stops with its line`() {
    #expect(throws: CalibrationError("m.csv:2", "isl is -1; write a whole number of at least 1")) {
      _ = try run("h100_sxm,Qwen/Qwen3-32B,vllm,fp8,2,1,,-1,128,8,150,18,1,0,")
    }
  }
}

@Suite struct BatchesTests {
  static let phases =
    "model,hardware,tensor_parallel,prompt_size,batch_size,token_size,prompt_ms,tpot_ms,e2e_ms\n"

  @Test func `a batch timed in phases is one burst`() throws {
    let rows = try runs(
      PhaseBatches.self, Self.phases + "llama2-70b,h100-80gb,2,512,4,128,300,40,9\n")
    let run = try #require(rows.first?.run)
    #expect(run.load == .batch(4, together: true) && run.input == 512 && run.output == 128)
    #expect(run.times.map(\.metric) == [.ttft, .tpot] && rows.first?.version == "2023")
  }

  @Test func `prompts faster than arithmetic allows are doubted`() throws {
    // 64 · 512 tokens · 2 · 68.5e9 / (2 · 989e12) = 2.27 s.
    for (prompt, isRun) in [(2200, false), (2350, true)] {
      let text = Self.phases + "llama2-70b,h100-80gb,2,512,64,128,\(prompt),40,9\n"
      #expect((try runs(PhaseBatches.self, text).first?.run != nil) == isRun)
    }
  }

  @Test func `a batch timed as a whole has one latency`() throws {
    let rows = try runs(
      LatencyBatches.self,
      "gpu,tp,engine,model,batch,latency_s,in_len,out_len\n"
        + "H100-80GB,1,vLLM,meta-llama/Llama-2-7b-hf,16,1.8,128,256\n")
    let run = try #require(rows.first?.run)
    #expect(run.load == .batch(16, together: false) && run.input == 128 && run.output == 256)
    #expect(run.times.map(\.metric) == [.latency] && run.times[0].time == Seconds(1.8))
  }
}

@Suite struct MeasuredRequestsTests {
  static let header = "request,arrival_s,input_tokens,output_tokens,first_token_s,last_token_s\n"

  @Test func `requests are sorted by arrival and know their latencies`() throws {
    let table = try MeasuredTable(
      Array((Self.header + "1,2.0,8,1,2.5,2.5\n0,1.0,8,11,1.25,2.25\n").utf8), name: "r.csv")
    let requests = try MeasuredRequests(table).requests
    #expect(requests.map(\.latency) == [1.25, 0.5] && requests.map(\.ttft) == [0.25, 0.5])
    #expect(requests.map(\.tpot) == [0.1, nil])
  }

  @Test func `times that go backwards are refused`() throws {
    let table = try MeasuredTable(Array((Self.header + "0,1,8,8,3,2\n").utf8), name: "r.csv")
    #expect(throws: CalibrationError.self) { _ = try MeasuredRequests(table) }
  }
}
