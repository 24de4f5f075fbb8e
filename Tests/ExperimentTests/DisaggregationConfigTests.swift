import Cluster
import Experiment
import Files
import Memory
import Metrics
import Serving
import Testing
import Units

/// Pools for prompts and for decodes.
@Suite struct DisaggregationConfigTests {
  private func text(_ disaggregation: String, decode: String = "") -> String {
    """
    model: llama-3.1-8b
    cluster:
      pools:
        - {name: p, role: prefill, gpu: h100-80gb-sxm, instances: 2}
        - {name: d, role: decode, gpu: h100-80gb-sxm, instances: 1\(decode)}
      \(disaggregation)
    workload:
      generate:
        requests: 3
        arrivals: {process: closed, concurrency: 1}
        input_tokens: {distribution: fixed, value: 1000}
        output_tokens: {distribution: fixed, value: 10}

    """
  }

  private func read(_ text: String, _ sets: String...) throws -> ExperimentConfig {
    try ExperimentConfig.read(
      text, file: "/runs/my.yaml", overrides: try sets.map { try Override($0) })
  }

  private func fault(_ text: String) -> String {
    do {
      _ = try Assembly(try read(text))
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func `what is not said is a chunk of 256 tokens over InfiniBand, one after the other`()
    throws
  {
    let config = try #require(try read(text("")).cluster.disaggregation)
    #expect(config.link.value == "infiniband-ndr-400" && config.bandwidth == nil)
    #expect(config.message.value == .tokens(256) && config.messageTime.value == Seconds(15e-6))
    #expect(config.overlap.value == .none && config.firstToken.value == .decode)
    #expect(config.latency == nil)
  }

  @Test func `every key is read, and written as it was`() throws {
    let config = try read(
      text(
        "disaggregation: {link: nvlink-4, bandwidth: 100 Gb/s, latency: 2 us, message: 64 KiB, "
          + "message_time: 20 us, overlap: layers, first_token: prefill, router: round-robin}"))
    let own = try #require(config.cluster.disaggregation)
    #expect(own.bandwidth?.value == BytesPerSecond(12.5e9) && own.latency?.value == Seconds(2e-6))
    #expect(own.message.value == .bytes(Bytes(65_536)) && own.overlap.value == .layers)
    #expect(own.firstToken.value == .prefill && abs(own.messageTime.value.value - 20e-6) < 1e-15)
    let assembly = try Assembly(config)
    let yaml = config.effectiveYAML(assembly.resolved, in: "/runs")
    let again = try ExperimentConfig.read(yaml, file: "/runs/config.effective.yaml", overrides: [])
    #expect(again.effectiveYAML(try Assembly(again).resolved, in: "/runs") == yaml)
    #expect(yaml.contains("first_token: prefill\n"))
    #expect(assembly.roles == [.prefill, .prefill, .decode])
  }

  @Test func `the faults of a file are named`() {
    #expect(
      fault(text("disaggregation: {message: 1 KiB, message_tokens: 2}"))
        == "/runs/my.yaml:6: cluster.disaggregation.message_tokens and message exclude each other; "
        + "write one of them")
    #expect(fault(text("disaggregation: {mesage: 1 KiB}")).contains("did you mean \"message\"?"))
    // Unlike `router` it has no settings beside its policy's own.
    #expect(
      fault(text("disaggregation: {router: {name: least-tokens, signals: {refresh: 1 s}}}"))
        .contains("signals"))
    let unknown = fault(text("disaggregation: {router: {name: min-ttft, latenzy: 1 s}}"))
    #expect(unknown.contains("\"latenzy\""), "\(unknown)")
    #expect(!unknown.contains("signals") && !unknown.contains("did you mean"), "\(unknown)")
    #expect(fault(text("disaggregation: {link: token-ring}")).contains("unknown link"))
    #expect(fault(text("disaggregation: {bandwidth: 0 GB/s}")).contains("bandwidth"))
    #expect(
      fault(text("", decode: ", engine: {scheduler: orca-max}"))
        == "/runs/my.yaml:5: engine.scheduler orca-max cannot serve a pool with role decode; write "
        + "one of vllm-v1, vllm-v0, vtc")
    #expect(fault(text("", decode: ", model: qwen2.5-7b")).contains("serve one model"))
    let plain = """
      model: llama-3.1-8b
      cluster: {gpu: h100-80gb-sxm, disaggregation: {overlap: none}}
      workload: {generate: {requests: 1, arrivals: {process: burst}, \
      input_tokens: {distribution: fixed, value: 1}, \
      output_tokens: {distribution: fixed, value: 1}}}

      """
    #expect(
      fault(plain)
        == "/runs/my.yaml:2: cluster.disaggregation needs cluster.pools with role prefill and role "
        + "decode; write them, or leave it out")
  }

  @Test func `a run hands over every byte of every prompt`() throws {
    let assembly = try Assembly(
      try read(text("disaggregation: {bandwidth: 100 Gb/s, message: 64 KiB}")))
    for exact in [false, true] {
      var simulation = assembly.simulation(try assembly.workload().requests, exactSteps: exact)
      simulation.run()
      let record = simulation.record()
      // 131,072 bytes a token: 2 · 32 layers · 8 heads · 128 · 2 bytes.
      #expect(record.totals.handoverBytes == 3 * 1000 * 131_072)
      #expect((record.memory?.copies ?? 0) == 3 * 2000)
      #expect(record.requests.instance == [0, 1, 0])
      #expect(record.requests.decodeInstance == [2, 2, 2])
    }
  }

  @Test func `explain says what a prompt's KV takes`() throws {
    let assembly = try Assembly(
      try read(text("disaggregation: {bandwidth: 100 Gb/s, latency: 0 s, message: 64 KiB}")))
    var steps = Explanation.Steps()
    steps.prefill = 1000
    // 131,072,000 bytes in 10.486 ms and 2,000 messages of 15 µs.
    #expect(
      try Explanation(assembly, steps).text.contains(
        "1,000 tokens: 131.07 MB of each GPU in 2,000 messages, 40.486 ms over infiniband"))
  }
}

/// LMCache, prefill and decode apart on 8K-token prompts: only the size of messages differs.
///
/// Source: arXiv 2510.09665, NVLink: TTFT 1.53–1.84 times lower; here 100 Gb/s, one at a time.
@Suite struct DisaggregationPaperTests {
  private func firstToken(_ message: String, _ bandwidth: String) throws -> Double {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let key = "cluster.disaggregation."
    let config = try ExperimentConfig.load(
      "/\(root)/Workloads/papers/lmcache/pd-8k-200.yaml",
      overrides: try [
        "\(key)message_tokens=null", "\(key)\(message)", "\(key)bandwidth=\(bandwidth)",
        "workload.generate.requests=3",
      ].map { try Override($0) })
    let assembly = try Assembly(config)
    var simulation = assembly.simulation(try assembly.workload().requests, exactSteps: false)
    simulation.run()
    let r = simulation.record().requests
    return (r.firstToken[2] - r.arrival[2] == r.firstToken[0] - r.arrival[0])
      ? Double(r.firstToken[0] - r.arrival[0]) * 1e-12 : .nan
  }

  @Test func `small messages make the first token come 1.3 to 1.9 times as late as chunks`() throws
  {
    let small = try firstToken("message=64 KiB", "100 Gb/s")
    let chunks = try firstToken("message_tokens=256", "100 Gb/s")
    #expect((1.3...1.9).contains(small / chunks), "\(small / chunks)")
    // 16,384 messages of 15 µs against 32.
    #expect(abs(small - chunks - 16_352 * 15e-6) < 1e-9)
  }
}
