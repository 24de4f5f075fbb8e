import Cluster
import Experiment
import Files
import Testing
import Units

@Suite struct RouterConfigTests {
  private func read(_ router: String, _ sets: String...) throws -> ExperimentConfig {
    try ExperimentConfig.read(
      least + router, file: "/runs/my.yaml", overrides: try sets.map { try Override($0) })
  }

  private func fault(_ router: String) -> String {
    do {
      _ = try read(router)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func `a router alone sees everything as it is`() throws {
    let router = try read("router: round-robin\n").router
    #expect(router.refresh.value == Seconds(0))
    #expect(router.addsOwnPicks.value)
    #expect(router.latency.value == Seconds(0))
    #expect(router.index.value == .exact)
  }

  @Test func `every router has signals, a latency and an index beside its own options`() throws {
    let router = try read(
      "router: {name: x, weight: 2, signals: {refresh: 1 s, own_picks: false}, "
        + "latency: 0.6 ms, index: {name: approximate, capacity: 1000000}}\n"
    ).router
    #expect(router.policy.name.value == "x")
    #expect(router.policy.options.map(\.name) == ["weight"])
    #expect(router.refresh.value == Seconds(1))
    #expect(!router.addsOwnPicks.value)
    #expect(router.latency.value == Seconds(0.0006))
    #expect(router.index.value == .approximate(capacity: 1_000_000))
  }

  @Test func `overrides reach them, whatever the file has`() throws {
    for text in ["", "router: round-robin\n", "router: {signals: {own_picks: no}}\n"] {
      let router = try read(
        text, "router.signals.refresh=2s", "router.index=approximate", "router.index.capacity=64"
      ).router
      #expect(router.policy.name.value == "round-robin")
      #expect(router.refresh.value == Seconds(2))
      #expect(router.index.value == .approximate(capacity: 64))
    }
  }

  @Test(arguments: [
    (
      "router: {signals: {refesh: 1 s}}",
      "/runs/my.yaml:4: unknown key \"refesh\" (did you mean \"refresh\"?); "
        + "known: refresh, own_picks"
    ),
    (
      "router: {signals: {refresh: -1 s}}",
      "/runs/my.yaml:4: router.signals.refresh -1 s is out of range; "
        + "write an amount of at least 0"
    ),
    (
      "router: {latency: 3 d}",
      "/runs/my.yaml:4: router.latency 3 d is out of range; write a time of at most a day"
    ),
    (
      "router: {index: exakt}",
      "/runs/my.yaml:4: unknown index \"exakt\" (did you mean \"exact\"?); "
        + "known: exact, approximate"
    ),
    (
      "router: {index: {name: exact, capacity: 5}}",
      "/runs/my.yaml:4: router.index.capacity is of an approximate index; "
        + "write name: approximate beside it"
    ),
    (
      "router: {signals: 3}",
      "/runs/my.yaml:4: router.signals is \"3\"; write a mapping with the keys refresh, own_picks"
    ),
  ])
  func `a fault says what would be right`(line: String, message: String) {
    #expect(fault(line + "\n") == message)
  }

  @Test func `they are written again as read, and change the hash`() throws {
    let plain = try read("router: round-robin\n")
    let late = try read("router: {signals: {refresh: 0.5 s}, index: approximate}\n")
    let text = late.effectiveYAML(ResolvedConfig(), in: "/runs/out")
    #expect(
      text.contains(
        """
        router:
          name: round-robin
          signals:
            refresh: 0.5 s
            own_picks: true
          latency: 0 s
          index:
            name: approximate
            capacity: null  # tokens of the KV pool

        """))
    let again = try ExperimentConfig.read(text, file: "/runs/out/config.effective.yaml")
    #expect(again.effectiveYAML(ResolvedConfig(), in: "/runs/out") == text)
    #expect(
      try plain.configHash(ResolvedConfig()) != late.configHash(ResolvedConfig()))
  }

  @Test func `a router that asks for hits of which there are none is warned of`() throws {
    let blind = try Assembly(try read("router: cache-affinity\n")).caveats
    #expect(
      blind.contains(
        "router cache-affinity asks which instance has cached a prompt, but "
          + "engine.prefix_cache.enabled is false: nothing ever is"))
    for lines in [
      "router: round-robin\n", "router: cache-affinity\nengine: {prefix_cache: {enabled: true}}\n",
    ] {
      #expect(!(try Assembly(try read(lines)).caveats).contains { $0.hasPrefix("router ") })
    }
  }

  @Test func `prompts are read as far as the cache of any pool or the router needs them`() throws {
    #expect(!(try read("router: round-robin\n")).keepsBlocks)
    #expect(try read("router: consistent-hash\n").keepsBlocks)
    #expect(try read("engine: {prefix_cache: {enabled: true}}\n").keepsBlocks)
    let pools = "[{gpu: g}, {name: b, gpu: g, engine: {prefix_cache: {enabled: true}}}]"
    #expect(try read("", "cluster={pools: \(pools)}").keepsBlocks)
  }

  @Test func `the cluster gets them, and an index as large as each instance's pool`() throws {
    let lines =
      "engine: {kv_pool_tokens: 4096}\n"
      + "router: {signals: {refresh: 1 s, own_picks: no}, latency: 2 ms, index: approximate}\n"
    let rules = try Assembly(try read(lines)).rules
    #expect(rules.refresh == Seconds(1))
    #expect(!rules.addsOwnPicks)
    #expect(rules.latency == Seconds(0.002))
    #expect(rules.index == .approximate(capacityTokens: nil))
  }
}
