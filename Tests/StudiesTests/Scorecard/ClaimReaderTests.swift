import Files
import TestSupport
import Testing

@testable import Studies

@Suite struct ClaimReaderTests {
  private func claims(_ lines: String...) throws -> [Claim] {
    let folder = try PaperFolder(lines.map { PaperFolder.claim($0) }.joined())
    return try ScorecardPlan(of: folder.path).claims
  }

  @Test func `a claim alone is the system's own value`() throws {
    let claim = try #require(try claims("published: 10.0\nkey: mean_ttft_ms").first)
    #expect(claim.system == "Own" && claim.scenario == "own/one")
    #expect(claim.kind == .value && claim.sense == .higher && claim.factor == 1)
    #expect(claim.published == PublishedRange(low: 10, high: 10, decimals: 1))
    #expect(claim.seeds == [1] && claim.baselines.isEmpty && claim.isGated)
    #expect(claim.known == .inRange)
  }

  @Test func `settings are those of all, then those of the side`() throws {
    let claim = try #require(
      try claims(
        """
        published: [null, 2.25]
        set: {engine.block_size: 32, cluster.instances: 2}
        system_set: {router.name: random}
        baselines: [{router.name: round-robin}, {engine.scheduler: {name: vllm-v0}}]
        key: mean_ttft_ms
        better: lower
        seeds: 3
        over: {workload.generate.requests: [5, 6]}
        """
      ).first)
    let shared = ["engine.block_size=32", "cluster.instances=2"]
    #expect(claim.target.settings == shared + ["router.name=random"])
    #expect(
      claim.baselines.map(\.settings) == [
        shared + ["router.name=round-robin"], shared + ["engine.scheduler={name: vllm-v0}"],
      ])
    #expect(claim.kind == .ratio && claim.sense == .lower && claim.seeds == [1, 2, 3])
    #expect(claim.over?.key == "workload.generate.requests" && claim.over?.values == ["5", "6"])
    #expect(!claim.isGated, "it has no lower end")
  }

  @Test(arguments: [
    ("[primary] a", "", true), ("[official-data] a", "", true), ("[secondary] a", "", true),
    ("[third-party] a", "", false), ("[abstract] a", "", false), ("[unverified] a", "", false),
    ("[secondary] a", "informational: the trace is drawn", false),
  ])
  func `rows gate by their source`(source: String, more: String, isGated: Bool) throws {
    let lines = "published: 10\nkey: mean_ttft_ms\n\(more)"
    let folder = try PaperFolder(PaperFolder.claim(lines, source: source))
    #expect(try ScorecardPlan(of: folder.path).claims.map(\.isGated) == [isGated])
  }

  @Test func `a source of no known kind is a fault`() throws {
    let lines = "published: 10\nkey: mean_ttft_ms"
    let folder = try PaperFolder(PaperFolder.claim(lines, source: "[seconday] a"))
    let fault = #expect(throws: ConfigError.self) { _ = try ScorecardPlan(of: folder.path) }
    let text = fault?.description ?? ""
    #expect(text.contains("claims.yaml:") && text.contains("[secondary], [third-party]"), "\(text)")
  }

  @Test(arguments: [
    ("published: 10", "needs either key or capacity"),
    ("published: 10\nkey: mean_ttft_s", "mean_ttft_ms"),
    ("published: 10\nkey: gpu", "unknown metric"),
    ("published: 10\nkey: mean_ttft_ms\nneeds: ../own", "is a directory"),
    ("published: 10\nkey: verdict", "unknown metric"),
    ("published: 10\nkey: mean_ttft_ms\nas: ratio", "write baselines, too"),
    ("published: 10\nkey: mean_ttft_ms\nas: quotient", "ratio, reduction, value"),
    ("published: [2, 1]\nkey: mean_ttft_ms", "the lower end first"),
    ("published: [null, null]\nkey: mean_ttft_ms", "is no range"),
    ("published: [1, 2, 3]\nkey: mean_ttft_ms", "write [1.1, 2.0]"),
    ("published: soon\nkey: mean_ttft_ms", "write a number or null"),
    ("published: 10\nkey: mean_ttft_ms\nknown: off", "without a remark"),
    ("published: 10\nkey: mean_ttft_ms\nknown: late\nremark: a", "near, off"),
    ("published: 10\nkey: mean_ttft_ms\nover: {a: 3}", "is no key with a list"),
    ("published: 10\nkey: mean_ttft_ms\nbaselines: {a: 3}", "write a list"),
    ("published: 10\nkey: mean_ttft_ms\nset: 3", "write keys and values"),
    ("published: 10\ncapacity: {vary: workload.rate}", "slo is missing"),
    ("key: mean_ttft_ms", "published is missing"), ("publish: 10", "publish"),
  ])
  func `what a claim lacks is said`(lines: String, fault: String) throws {
    let text = message { _ = try claims(lines) }
    #expect(text.contains(fault), "\(text)")
  }
}
