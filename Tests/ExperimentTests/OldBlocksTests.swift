import Cluster
import Experiment
import Metrics
import Testing

/// Blocks of the tiers under HBM that grow too old.
@Suite struct OldBlocksTests {
  @Test func `tiers hold as much at every look, leaping or step by step`() throws {
    let text = """
      model: llama-3.1-8b
      cluster: {gpu: h100-80gb-sxm, memory: {ssd: {capacity: 1.3 GB}}}
      engine:
        kv_pool_tokens: 1082
        prefix_cache: {enabled: true, offload: {eviction: {name: ttl, ttl: 50 ms}}}
      workload:
        generate:
          arrivals: {process: burst}
          input_tokens: {distribution: fixed, value: 21}
          output_tokens: {distribution: geometric, mean: 303}
          sessions:
            count: 60
            turns: {distribution: uniform, min: 1, max: 6}
            think_time: 0 s
      """
    let assembly = try Assembly(
      try ExperimentConfig.read(text, file: "my.yaml", overrides: [], seed: nil))
    let cached = try [false, true].map { exact in
      var simulation = assembly.simulation(try assembly.workload().requests, exactSteps: exact)
      simulation.run()
      return try #require(simulation.record().series?.tiers.cached)
    }
    #expect(cached[0] == cached[1])
    #expect(cached[0].contains { $0 > 0 } && cached[0].contains(0))
  }
}
