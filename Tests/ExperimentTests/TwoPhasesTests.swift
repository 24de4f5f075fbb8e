import Cluster
import Experiment
import Files
import Metrics
import TestSupport
import Testing

/// Pools that prefill and pools that decode: routers, autoscalers and tiers of the two phases.
@Suite struct TwoPhasesTests {
  private func execute(_ text: String, _ settings: [String] = []) throws -> Execution {
    let overrides = try settings.map { try Override($0) }
    let assembly = try Assembly(
      try ExperimentConfig.read(text, file: "my.yaml", overrides: overrides, seed: nil))
    var warnings = Warnings()
    return try assembly.execute(
      exactSteps: false, clock: { 0 }, warnings: &warnings, progress: { _ in })
  }

  private static func pools(_ prefill: Int, _ decode: Int) -> String {
    """
    model: llama-3.1-8b
    cluster:
      gpu: h100-80gb-sxm
      pools:
        - {name: p, role: prefill, instances: \(prefill)}
        - {name: d, role: decode, instances: \(decode)}
    """
  }

  @Test func `a tier that instances share may be that of any pool`() throws {
    let text = """
      model: llama-3.1-8b
      cluster:
        gpu: h100-80gb-sxm
        memory: {dram: {capacity: 10 GB}, remote: {capacity: 40 GB, shared: true}}
        pools:
          - {name: d, role: decode, instances: 1}
          - name: p
            role: prefill
            instances: 1
            engine: {prefix_cache: {enabled: true, offload: {write: through, load: always}}}
      workload:
        generate:
          arrivals: {process: fixed, rate: 5}
          input_tokens: {distribution: fixed, value: 500}
          output_tokens: {distribution: fixed, value: 20}
          prefix_tree:
            levels:
              - children: {distribution: fixed, value: 5}
                tokens: {distribution: fixed, value: 300}
            members: {distribution: fixed, value: 4}
      """
    #expect(try execute(text).record.totals.finished == 20)
  }

  private static let load = """
    workload:
      generate:
        requests: 400
        arrivals: {process: poisson, rate: 15}
        input_tokens: {distribution: fixed, value: 4000}
        output_tokens: {distribution: fixed, value: 20}
    slo: {ttft_ms: 500}
    """

  // 15 prompts of 4,000 tokens a second are three instances at 20,000 tokens a second each.
  @Test func `an autoscaler counts the prompts of instances that only prefill`() throws {
    let text = Self.pools(3, 2) + "\n" + Self.load
    let scaler = """
      cluster.autoscaler={name: token-rate, pool: p, min: 1, max: 6, \
      tokens_per_second: 20000, interval: 5 s, cooldown: 5 s}
      """
    #expect(try #require(try execute(text, [scaler]).summary.attainment) > 0.9)
  }

  @Test func `an autoscaler hears what instances that only prefill did for a request`() throws {
    let text = Self.pools(1, 2) + "\n" + Self.load
    let scaler =
      "cluster.autoscaler={name: slo, pool: p, min: 1, max: 6, interval: 5 s, cooldown: 5 s}"
    let record = try execute(text, [scaler]).record
    #expect(record.cluster.members.count { !$0.spans.isEmpty } > 3)
  }

  // By chance every fourth: 100 of 400, with a standard deviation of 9.
  @Test(arguments: ["random", "power-of-two"])
  func `who decodes is not drawn with the numbers of who prefills`(name: String) throws {
    let text =
      Self.pools(4, 4) + """

          disaggregation: {router: \(name)}
        router: \(name)
        workload:
          generate:
            requests: 400
            arrivals: {process: fixed, rate: 2}
            input_tokens: {distribution: fixed, value: 500}
            output_tokens: {distribution: fixed, value: 20}
        """
    let requests = try execute(text).record.requests
    let alike = (0..<400).count { requests.instance[$0] + 4 == requests.decodeInstance[$0] }
    #expect((60...140).contains(alike), "\(alike)")
  }

  // Each session's KV goes over the link once when the turns that follow find it where they decode.
  @Test func `an index of the router's own knows the instances that decode`() throws {
    let text =
      Self.pools(2, 3) + """

          disaggregation: {router: cache-affinity}
        engine: {prefix_cache: {enabled: true}}
        router: {name: cache-affinity, index: exact}
        workload:
          sessions: closed
          generate:
            sessions:
              count: 60
              turns: {distribution: fixed, value: 5}
              next_input_tokens: {distribution: fixed, value: 100}
              think_time: 1 s
              max_context: 8000
            arrivals: {process: poisson, rate: 10}
            input_tokens: {distribution: fixed, value: 2000}
            output_tokens: {distribution: fixed, value: 100}
        """
    let bytes = try [[], ["router.index=approximate"]].map {
      Double(try execute(text, $0).record.totals.handoverBytes)
    }
    #expect(bytes[1] < 1.2 * bytes[0], "\(bytes)")
  }
}
