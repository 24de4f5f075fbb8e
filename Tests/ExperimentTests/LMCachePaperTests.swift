import Cluster
import Experiment
import Files
import Metrics
import TestSupport
import Testing
import Units

/// LMCache's document QA on the experiment files under Workloads/papers/lmcache.
///
/// Source: arXiv 2510.09665, Fig 8: TTFT 1.9–8.1 times lower than with the prefix cache of HBM.
@Suite(.enabled(if: !isDebug, "skipped: thousands of long prompts, release only"))
struct LMCachePaperTests {
  private func run(_ experiment: String, _ setting: String) throws -> RunRecord {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let config = try ExperimentConfig.load(
      "/\(root)/Workloads/papers/lmcache/\(experiment).yaml", overrides: [try Override(setting)])
    let assembly = try Assembly(config)
    var simulation = assembly.simulation(try assembly.workload().requests, exactSteps: false)
    simulation.run()
    return simulation.record()
  }

  private func meanTTFT(_ record: RunRecord) -> Double {
    let r = record.requests
    return (0..<r.count).reduce(0.0) { $0 + Double(r.firstToken[$1] - r.arrival[$1]) }
      / Double(r.count)
  }

  @Test func `documents in DRAM bring the first token as much sooner as published`() throws {
    let alone = try run("doc-qa", "engine.prefix_cache.offload.load=never")
    let both = try run("doc-qa", "engine.prefix_cache.offload.load=always")
    let ratio = meanTTFT(alone) / meanTTFT(both)
    #expect((1.9...8.1).contains(ratio), "\(ratio)")
    #expect(alone.totals.loadedBytes == 0)
  }

  @Test func `what rises to DRAM while requests wait brings their first tokens sooner`() throws {
    let key = "engine.prefix_cache.offload.prefetch="
    let (none, queued) = (try run("prefetch", key + "none"), try run("prefetch", key + "queued"))
    #expect(meanTTFT(none) / meanTTFT(queued) > 1.2)
    #expect(none.totals.prefetchedBytes == 0)
    // It passes the link of the SSD alone.
    let (links, risen) = (queued.memory?.links ?? [], queued.totals.prefetchedBytes)
    let index = LinkRecord.causeNames.firstIndex(of: "prefetch") ?? 0
    let moved = links.filter { !$0.touchesHBM }.reduce(0) { $0 + $1.causes[index].bytes }
    let host = links.filter(\.touchesHBM).reduce(0) { $0 + $1.causes[index].bytes }
    #expect(moved == risen && risen > 0 && host == 0)
  }

  @Test func `what one instance has computed the other one loads`() throws {
    let apart = try run("shared-documents", "cluster.memory.remote.shared=false")
    let shared = try run("shared-documents", "cluster.memory.remote.shared=true")
    // 131,072 bytes a token: what is found more comes over the link.
    let more = shared.totals.prefixHitTokens - apart.totals.prefixHitTokens
    #expect(more > 400_000)
    #expect(shared.totals.loadedBytes - apart.totals.loadedBytes >= more * 131_072 * 9 / 10)
    #expect(meanTTFT(shared) < meanTTFT(apart))
    let (computed, once) = (shared.totals.prefillTokens, Int64(150 * 10_000 + 600 * 101))
    #expect(computed < once, "\(computed)")
  }
}
