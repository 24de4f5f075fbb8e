import Calibration
import Experiment
import Files
import TestSupport
import Testing

/// Text of a closed-loop file with one measured TPOT for each concurrency.
private func closedLoops(_ tpots: [(concurrency: Int, milliseconds: Double)]) -> String {
  "gpu,model,engine,precision,tp,isl,osl,concurrency,tpot_ms,backend_version\n"
    + tpots.map {
      "h100_sxm,meta-llama/Llama-3.1-8B,vllm,bf16,1,200,20,\($0.concurrency),\($0.milliseconds),"
        + "0.12.0\n"
    }.joined()
}

/// The replayed milliseconds in the CSV of a validation.
private func replayed(_ validation: RunValidation) -> [Double] {
  validation.rowsCSV.split(separator: "\n").dropFirst().compactMap {
    Double($0.split(separator: ",", omittingEmptySubsequences: false)[12])
  }
}

private struct Entry: Decodable {
  var source: String
  var engine: String
  var model: String
  var gpu: String?
  var metric: String?
  var rows: Int
  var medianApePct: Double?
  var p90ApePct: Double?
  var biasPct: Double?
  var profile: String?
  var correlation: Double?
  var skippedBecause: String?
}

@Suite struct RunValidationTests {
  private let directory: TestDirectory

  init() throws { directory = try TestDirectory() }

  private func validate(
    _ text: String, name: String = "runs.csv", _ change: (inout RunChoice) -> Void = { _ in }
  ) throws -> RunValidation {
    var choice = RunChoice()
    change(&choice)
    return try RunValidation([try directory.write(text, to: name)], choice)
  }

  @Test func `a run that is as fast as its replay has no error`() throws {
    let loops = [(1, 1.0), (4, 1.0), (8, 1.0)]
    let times = replayed(try validate(closedLoops(loops)))
    #expect(times.count == 3 && times == times.sorted() && times[0] > 4)
    let exact = zip(loops, times).map { (concurrency: $0.0, milliseconds: $1) }
    let entries = try decoded([Entry].self, from: try validate(closedLoops(exact)).json.text)
    #expect(entries.count == 1 && entries[0].rows == 3 && entries[0].metric == "tpot")
    #expect(entries[0].profile == "vllm-2025" && entries[0].gpu == "h100-80gb-sxm")
    #expect(entries[0].p90ApePct ?? 1 < 0.01 && entries[0].engine == "vllm 0.12.0")
  }

  @Test func `settings and profiles of the user replace those of the engine`() throws {
    let text = closedLoops([(4, 10)])
    let standing = replayed(try validate(text))[0]
    let slower = try validate(text) { $0.overrides = ["engine.profile.host_time=10.89ms"] }
    #expect(abs(replayed(slower)[0] - standing - 10) < 0.01)
    let none = try validate(text) { $0.profile = "none" }
    #expect(replayed(none)[0] < standing)
    #expect(message { _ = try validate(text) { $0.profile = "vlm" } }.contains("engine profile"))
    #expect(
      message { _ = try validate(text) { $0.overrides = ["engine.x=1"] } }.contains("engine.x"))
  }

  @Test func `rows that cannot be replayed are counted with their reason`() throws {
    var text = closedLoops([(4, 10)])
    text += "h100_sxm,acme/one,vllm,bf16,1,200,20,4,9,0.12.0\n"
    text += "h100_sxm,acme/one,vllm,bf16,1,200,20,8,9,0.12.0\n"
    text += "l4,meta-llama/Llama-3.1-70B,vllm,bf16,1,200,20,8,9,0.12.0\n"
    let entries = try decoded([Entry].self, from: try validate(text).json.text)
    #expect(entries.compactMap(\.skippedBecause).count == 2)
    #expect(entries.map(\.rows) == [1, 2, 1])
    #expect(entries[2].skippedBecause?.contains("does not fit") == true)
    #expect(try validate(text).text.contains("the catalogue has no such model"))
  }

  @Test func `a batch takes one step of prompts, then decodes`() throws {
    let text =
      "model,hardware,tensor_parallel,prompt_size,batch_size,token_size,prompt_ms,tpot_ms\n"
      + "llama2-70b,h100-80gb,8,512,2,3,90,30\n"
    let validation = try validate(text)
    #expect(validation.pairs.map { $0.metric.rawValue } == ["ttft", "tpot"])
    // 80 layers launched at 267 us each and the host's 9.88 ms; prompts launch twice.
    #expect(abs(replayed(validation)[1] - 31.24) < 0.05)
    #expect(replayed(validation)[0] >= 9.88 + 2 * 80 * 0.267)
  }

  @Test func `requests with their arrivals are compared as a whole`() throws {
    let text = """
      request,arrival_s,input_tokens,output_tokens,scheduled_s,first_token_s,last_token_s
      0,0.0,500,40,0.0,0.1,1.0
      1,0.1,900,80,0.1,0.3,2.5
      2,0.2,100,20,0.2,0.3,0.9

      """
    let entries = try decoded(
      [Entry].self,
      from: try validate(text) {
        $0.gpu = "rtx-pro-6000-server"
        $0.model = "llama-3.1-8b"
      }.json.text)
    #expect(entries.map(\.metric) == ["mean_tpot", "mean_latency", "median_ttft"])
    #expect(entries.allSatisfy { $0.rows == 3 && $0.profile == "vllm-2026" })
    #expect(entries[1].correlation ?? 0 > 0.9)
    #expect(message { _ = try validate(text) }.contains("--gpu"))
  }

  @Test func `a result of vllm bench is a run of its own`() throws {
    let json = """
      {"backend": "vllm", "model_id": "meta-llama/Llama-3.1-8B", "num_prompts": 20,
       "request_rate": "inf", "burstiness": 1.0, "max_concurrency": 4, "completed": 20,
       "total_input_tokens": 4000, "total_output_tokens": 400, "mean_ttft_ms": 30.0,
       "mean_tpot_ms": 7.0, "ttfts": []}
      """
    let validation = try validate(json, name: "bench.json") { $0.gpu = "h100" }
    #expect(validation.pairs.map { $0.metric.rawValue } == ["ttft", "tpot"])
    #expect(replayed(validation)[1] > 4 && replayed(validation)[1] < 10)
    #expect(message { _ = try validate(json, name: "bench.json") }.contains("--gpu"))
  }

  @Test func `runs that are all left out are an error that says why`() {
    let strange = closedLoops([(4, 10)]).replacing("meta-llama/Llama-3.1-8B", with: "acme/one")
    let text = message { _ = try validate(strange) }
    #expect(
      text == "no row can be replayed; runs.csv: 1 rows of vllm 0.12.0 acme/one left out: the "
        + "catalogue has no such model")
    #expect(
      message { _ = try validate(closedLoops([(4, 10)])) { $0.tensorParallel = 0 } }
        == "--tp: 0 is no number of GPUs; write 1 or more")
  }

  @Test func `an engine that no file and no profile names is refused with those that are`() throws {
    let text = closedLoops([(4, 10)])
    let typo = message { _ = try validate(text) { $0.engine = "vlm" } }
    #expect(
      typo.hasPrefix("--engine: unknown engine \"vlm\" (did you mean \"vllm\"?); known: vllm,"))
    let other = message { _ = try validate(text) { $0.engine = "sglang" } }
    #expect(other == "no row is left of this engine, model and GPU")
    #expect(try validate(text) { $0.engine = "VLLM" }.pairs.count == 1)
    // An engine without a profile may be meant when a file names it and a profile is given.
    let named = text.replacing(",vllm,", with: ",mine,")
    let mine = try validate(named) { ($0.engine, $0.profile) = ("mine", "vllm-2026") }
    #expect(mine.pairs.count == 1)
  }

  @Test func `host times fitted to one model replay the others`() throws {
    let loops = [1, 2, 4, 6, 8, 12, 16, 24].map { (concurrency: $0, milliseconds: 1.0) }
    let settings = [
      "engine.profile.host_time=3ms", "engine.profile.host_time_per_sequence=100us",
    ]
    let times = replayed(try validate(closedLoops(loops)) { $0.overrides = settings })
    let known = zip(loops, times).map { (concurrency: $0.concurrency, milliseconds: $1) }
    let other = closedLoops([(4, 10), (16, 10)])
      .replacing("meta-llama/Llama-3.1-8B", with: "Qwen/Qwen3-8B")
    let truth = replayed(try validate(other) { $0.overrides = settings })
    let both = closedLoops(known) + other.split(separator: "\n").dropFirst().joined(separator: "\n")
    let moved = try validate(both) { $0.fittedOn = "llama-3.1-8b" }
    #expect(moved.pairs.map(\.row.modelName) == ["Qwen/Qwen3-8B", "Qwen/Qwen3-8B"])
    #expect(moved.pairs[0].profile == "vllm-2025 fitted to llama-3.1-8b")
    for (a, b) in zip(replayed(moved), truth) { #expect(abs(a / b - 1) < 0.02) }
    let own = replayed(try validate(other))
    #expect(own[0] < truth[0] - 2)
  }

  @Test func `a header of no known run is refused with those that are`() {
    let text = message { _ = try validate("a,b\n1,2\n") }
    #expect(text.contains("closed-loop: gpu,model") && text.contains("requests: arrival_s"))
  }
}

@Suite struct RunCalibrationTests {
  @Test func `the constants that made the runs are found again`() throws {
    let directory = try TestDirectory()
    let loops = [1, 2, 4, 6, 8, 12, 16, 24].map { (concurrency: $0, milliseconds: 1.0) }
    var choice = RunChoice()
    choice.overrides = [
      "engine.profile.host_time=3ms", "engine.profile.host_time_per_sequence=100us",
      "engine.profile.prompt_time=2.6ms",
    ]
    let path = try directory.write(closedLoops(loops), to: "runs.csv")
    let times = replayed(try RunValidation([path], choice))
    let truth = zip(loops, times).map { (concurrency: $0.concurrency, milliseconds: $1) }
    let fit = try RunCalibration(
      [try directory.write(closedLoops(truth), to: "truth.csv")], RunChoice())
    let values = fit.calibration.constants.map(\.value)
    #expect(fit.profile == "vllm-2025" && values.count == 2)
    #expect(abs(values[0] - 3e-3) < 0.1e-3 && abs(values[1] - 100e-6) < 5e-6)
    #expect(fit.calibration.after.p90Absolute < 1 && fit.calibration.before.medianAbsolute > 10)
    let yaml =
      fit.yaml + "model: llama-3.1-8b\ncluster: {gpu: h100-80gb-sxm}\nworkload: {trace: x}\n"
    let config = try ExperimentConfig.read(yaml, file: "fit.yaml")
    #expect(config.engine.profile.name.value == "vllm-2025")
    #expect(config.engine.profile.options.map(\.name) == ["host_time", "host_time_per_sequence"])
  }

  @Test func `too few rows and rows of two generations are refused`() throws {
    let directory = try TestDirectory()
    let few = try directory.write(closedLoops([(1, 5), (2, 6), (4, 7)]), to: "few.csv")
    #expect(
      message { _ = try RunCalibration([few], RunChoice()) }
        .contains("3 measured times are too few to fit host_time"))
    let two = try directory.write(
      closedLoops([(1, 5)]) + "h100_sxm,meta-llama/Llama-3.1-8B,trtllm,bf16,1,200,20,4,9,1.0\n",
      to: "two.csv")
    #expect(message { _ = try RunCalibration([two], RunChoice()) }.contains("several generations"))
  }
}
