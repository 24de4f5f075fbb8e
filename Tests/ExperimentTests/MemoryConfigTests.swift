import Catalog
import Experiment
import Files
import Memory
import Testing
import Units

/// The least experiment with a tier.
let tiered = """
  model: llama-3-8b
  cluster:
    gpu: a100-80gb-sxm
    memory: {dram: {capacity: 256 GiB}}
  workload: {trace: trace.csv}

  """

/// Every key of every tier, with values that are not the defaults.
let everyTier = """
  model: llama-3-8b
  cluster:
    gpu: a100-80gb-sxm
    instances: 4
    tensor_parallel: 2
    memory:
      sharing: fair
      dram:
        capacity: 64 GB
        link: pcie-3.0-x16
        copy: kernel
        copy_time: 1.5 us
        bandwidth: 11 GB/s
        latency: 2 us
        duplex: half
        gpus_per_link: 4
      cxl: {capacity: 512 GiB, device: cxl-2.0-x8, cards: 2, bandwidth: 22 GB/s, latency: 300 ns}
      ssd:
        capacity: 4 TB
        device: nvme-gen3-x4
        read: 6.5 GB/s
        write: 4 GB/s
        latency: 80 us
        queue_depth: 16
        path: gpudirect
        link: pcie-5.0-x16
        copy: kernel
        copy_time: 1 us
        duplex: half
        gpus_per_link: 1
      remote:
        capacity: 10 TB
        device: infiniband-ndr-400
        bandwidth: 25 Gb/s
        latency: 30 us
        instances_per_link: 2
        link: pcie-5.0-x16
  engine: {preemption: {name: swap, granularity: layer, overlap: async}}
  workload: {trace: trace.csv}

  """

@Suite struct MemoryConfigTests {
  private func memory(_ text: String) -> String {
    fault("model: m\ncluster:\n  gpu: g\n  memory: \(text)\nworkload: {trace: t}\n")
  }

  @Test func `a capacity is all that a tier must say`() throws {
    let config = try ExperimentConfig.read(tiered, file: "my.yaml")
    let memory = try #require(config.cluster.memory)
    #expect(memory.sharing.value == .fifo)
    #expect(memory.tiers.map(\.level) == [.dram])
    #expect(memory.tiers[0].capacity.value == Bytes(256 * 0x1p30))
    #expect(memory.tiers[0].capacity.place == .line(file: "my.yaml", 4))
    #expect(memory.tiers[0].host.link == nil)
    #expect(try ExperimentConfig.read(least, file: "my.yaml").cluster.memory == nil)
  }

  @Test func `every key is read, tiers come nearest first`() throws {
    let config = try ExperimentConfig.read(everyTier, file: "my.yaml")
    let memory = try #require(config.cluster.memory)
    #expect(memory.sharing.value == .fair)
    #expect(memory.tiers.map(\.level) == [.dram, .cxl, .ssd, .remote])
    let (dram, cxl, ssd, remote) =
      (memory.tiers[0], memory.tiers[1], memory.tiers[2], memory.tiers[3])
    #expect(dram.host.link?.value == "pcie-3.0-x16")
    #expect(dram.host.copy?.value == .kernel)
    #expect(dram.host.copyTime?.value == Seconds(1.5e-6))
    #expect(dram.host.duplex?.value == .half)
    #expect(dram.host.gpusPerLink?.value == 4)
    #expect(dram.read?.value == BytesPerSecond(11e9))
    #expect(dram.latency?.value == Seconds(2e-6))
    #expect(cxl.cards?.value == 2)
    #expect(cxl.read?.value == BytesPerSecond(22e9))
    #expect(ssd.device?.value == "nvme-gen3-x4")
    #expect(ssd.read?.value == BytesPerSecond(6.5e9))
    #expect(ssd.write?.value == BytesPerSecond(4e9))
    #expect(ssd.queueDepth?.value == 16)
    #expect(ssd.path?.value == .gpudirect)
    #expect(remote.read?.value == BytesPerSecond(25e9 / 8))
    #expect(remote.instancesPerLink?.value == 2)
    #expect(config.engine.preemption.name.value == .swap)
    #expect(config.engine.preemption.granularity.value == .layer)
    #expect(config.engine.preemption.overlap.value == .async)
  }

  private func offload(_ memory: String, _ offload: String) -> String {
    let text = """
      model: llama-3.1-8b
      cluster: {gpu: h100-80gb-sxm, memory: {\(memory)}}
      engine: {prefix_cache: {enabled: true, offload: {\(offload)}}}
      workload: {generate: {requests: 1, arrivals: {process: burst}, \
      input_tokens: {distribution: fixed, value: 1}, \
      output_tokens: {distribution: fixed, value: 1}}}

      """
    do {
      let config = try ExperimentConfig.read(text, file: "my.yaml", overrides: [])
      let assembly = try Assembly(config)
      let yaml = config.effectiveYAML(assembly.resolved, in: "/runs")
      let again = try ExperimentConfig.read(yaml, file: "my.yaml", overrides: [])
      #expect(again.effectiveYAML(try Assembly(again).resolved, in: "/runs") == yaml)
      if yaml.contains("prefetch: queued") { return "queued" }
      return yaml.contains("shared: true") ? "shared" : "apart"
    } catch {
      return "\(error)"
    }
  }

  @Test func `blocks rise while their requests wait where a second tier has them`() {
    let (dram, ssd) = ("dram: {capacity: 64 GiB}", "ssd: {capacity: 1 TB}")
    #expect(offload("\(dram), \(ssd)", "prefetch: queued") == "queued")
    #expect(offload("\(dram), \(ssd)", "prefetch: none") == "apart")
    #expect(offload("\(dram), \(ssd)", "") == "apart")
    #expect(
      offload(dram, "prefetch: queued")
        == "my.yaml:3: engine.prefix_cache.offload.prefetch queued needs a second tier, from which "
        + "blocks rise to the nearest one; write cluster.memory: {dram: {capacity: 64 GiB}, "
        + "ssd: {capacity: 1 TB}}, or prefetch: none")
    #expect(
      offload("\(dram), \(ssd)", "prefetch: queued, load: never").contains(
        "queued and load: never exclude each other"))
    let fault = offload("\(dram), \(ssd)", "prefetch: queue")
    #expect(fault.contains("unknown prefetch") && fault.contains("queued"), "\(fault)")
  }

  @Test func `remote memory can be that of all instances, under tiers of their own`() {
    let dram = "dram: {capacity: 64 GiB}, "
    #expect(offload(dram + "remote: {capacity: 1 TB, shared: true}", "write: through") == "shared")
    #expect(offload(dram + "remote: {capacity: 1 TB, shared: false}", "write: back") == "apart")
    #expect(
      offload("remote: {capacity: 1 TB, shared: true}", "write: through")
        == "my.yaml:2: cluster.memory.remote.shared needs a tier of each instance above it; write "
        + "dram: {capacity: 64 GiB}")
    #expect(
      offload(dram + "remote: {capacity: 1 TB, shared: true}", "write: back").contains(
        "back and a shared tier exclude each other"))
    #expect(
      offload(dram + "remote: {capacity: 1 TB, shared: true}", "eviction: ttl").contains(
        "ttl and a shared tier exclude each other"))
    #expect(offload(dram + "ssd: {capacity: 1 TB, shared: true}", "").contains("unknown key"))
  }

  @Test func `a tier is set from the command line`() throws {
    let list = [
      try Override("cluster.memory.dram.capacity=8 GiB"),
      try Override("cluster.memory.remote={capacity: 1 TB, instances_per_link: all}"),
    ]
    let config = try ExperimentConfig.read(least, file: "my.yaml", overrides: list)
    let tiers = try #require(config.cluster.memory).tiers
    #expect(tiers.map(\.level) == [.dram, .remote])
    #expect(tiers[0].capacity.value == Bytes(8 * 0x1p30))
    #expect(tiers[1].instancesPerLink == nil)
  }

  @Test(arguments: [
    ("5", "my.yaml:4: cluster.memory is \"5\"; write a mapping with the keys sharing, dram, "),
    (
      "{sharing: fair}",
      "my.yaml:4: cluster.memory has no tier; write dram: {capacity: 256 GiB}, or leave memory out"
    ),
    (
      "{drma: {capacity: 1 GiB}}",
      "my.yaml:4: unknown key \"drma\" (did you mean \"dram\"?); "
        + "known: sharing, dram, cxl, ssd, remote"
    ),
    (
      "{sharing: fiar, dram: {capacity: 1 GiB}}",
      "my.yaml:4: unknown sharing \"fiar\" (did you mean \"fair\"?); known: fifo, fair"
    ),
    (
      "\n    dram:\n      link: pcie-4.0-x16",
      "my.yaml:6: cluster.memory.dram.capacity is missing; write capacity: an amount such as "
    ),
    (
      "{dram: {capacity: 64}}", "my.yaml:4: cluster.memory.dram.capacity \"64\" has no unit; write"
    ),
    (
      "{dram: {capacity: 0 GiB}}",
      "my.yaml:4: cluster.memory.dram.capacity 0 GiB is out of range; write an amount above 0"
    ),
    (
      "{dram: {capacity: 1 GiB, bandwidth: 0 GB/s}}",
      "my.yaml:4: cluster.memory.dram.bandwidth 0 GB/s is out of range; write an amount above 0"
    ),
    (
      "{dram: {capacity: 1 GiB, latency: -1 us}}",
      "my.yaml:4: cluster.memory.dram.latency -1 us is out of range; write an amount of at least 0"
    ),
    (
      "{dram: {capacity: 1 GiB, cards: 2}}",
      "my.yaml:4: unknown key \"cards\"; known: capacity, link, copy, copy_time, duplex, "
        + "gpus_per_link, bandwidth, latency"
    ),
    (
      "{ssd: {capacity: 1 TB, path: direct}}",
      "my.yaml:4: unknown path \"direct\"; known: bounce, gpudirect"
    ),
    (
      "{remote: {capacity: 1 TB, instances_per_link: some}}",
      "my.yaml:4: cluster.memory.remote.instances_per_link \"some\" is not a whole number; "
    ),
  ])
  func `a fault of a tier is refused in its line`(text: String, start: String) {
    let message = memory(text)
    #expect(message.hasPrefix(start), "\(message)")
  }

  @Test(arguments: [
    (
      "recompte",
      "unknown preemption \"recompte\" (did you mean \"recompute\"?); "
        + "known: recompute, swap"
    ),
    ("[swap]", "engine.preemption is a list; write text"),
    (
      "{granularity: layer}",
      "engine.preemption.granularity is of swap, not of recompute; write name: swap or leave it out"
    ),
    (
      "{name: swap, granularity: layers}",
      "unknown granularity \"layers\" (did you mean \"layer\"?); known: block, layer, sequence"
    ),
    (
      "{name: swap, overlap: yes}", "unknown overlap \"yes\"; known: none, async"
    ),
    (
      "{name: swap, overlaps: none}",
      "unknown key \"overlaps\" (did you mean \"overlap\"?); known: name, granularity, overlap"
    ),
  ])
  func `a fault of the preemption is refused in its line`(text: String, message: String) {
    #expect(fault(least + "engine: {preemption: \(text)}\n") == "my.yaml:4: " + message)
  }

  @Test func `a preemption is a word or a mapping, and --set reaches into it`() throws {
    let plain = try experiment(with: "engine: {preemption: swap}\n").engine.preemption
    #expect(plain.granularity.value == .block)
    #expect(plain.overlap.value == .none)
    let set = try ExperimentConfig.read(
      least + "engine: {preemption: swap}\n", file: "my.yaml",
      overrides: [try Override("engine.preemption.granularity=sequence")]
    ).engine.preemption
    #expect(set.name.value == .swap)
    #expect(set.granularity.value == .sequence)
    #expect(try experiment(with: "").engine.preemption.name.value == .recompute)
  }
}
