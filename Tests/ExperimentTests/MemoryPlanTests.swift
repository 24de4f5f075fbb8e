import Catalog
import Cluster
import Experiment
import Files
import Memory
import TestSupport
import Testing
import Units

@Suite struct MemoryPlanTests {
  private func assembly(_ yaml: String, _ overrides: String...) throws -> Assembly {
    try Assembly(
      .read(yaml, file: "my.yaml", overrides: overrides.map { try Override($0) }))
  }

  private func rates(_ plan: MemoryPlan, _ link: Int) -> [Double] {
    [true, false].map { plan.links[link].lane(isOut: $0).bandwidth.value }
  }

  /// `everyTier` with a preemption that schedulers offer.
  private let recompute = "engine.preemption=recompute"

  @Test func `DRAM is as far as the GPU's own bus, copied piece by piece`() throws {
    let plan = try assembly(tiered).memory
    // 131,072 B a token, 16 tokens a block: 2 MiB.
    #expect(plan.tiers.map(\.name) == ["dram"])
    #expect(plan.tiers.map(\.capacityBlocks) == [131_072])
    #expect(plan.links.count == 1)
    #expect(plan.links[0].outward.name == "pcie-4.0-x16 out")
    #expect(plan.links[0].inward?.name == "pcie-4.0-x16 in")
    #expect(rates(plan, 0) == [25e9, 25e9])
    #expect(plan.links[0].outward.perCopy == Seconds(3.43e-6))
    #expect(plan.links[0].outward.latency == Seconds(0))
    #expect(plan.paths == [TierPath([0])])
    #expect(plan.topology.fabrics.count == 1)
    let hopper = try assembly(tiered, "cluster.gpu=h100-80gb-sxm").memory
    #expect(hopper.links[0].outward.name == "pcie-5.0-x16 out")
    #expect(try assembly(least).memory.tiers.isEmpty)
  }

  @Test func `every key has its effect`() throws {
    let plan = try assembly(everyTier, recompute).memory
    #expect(plan.tiers.map(\.name) == ["dram", "cxl", "ssd", "remote"])
    #expect(plan.tiers[0].capacityBlocks == Int32(64_000_000_000 / 2_097_152))
    // The GPUs of an instance share the bus: half of 11 GB/s each.
    let names = plan.links.map { $0.outward.name }
    #expect(
      names == ["pcie-3.0-x16", "cxl out", "pcie-5.0-x16", "ssd out", "remote out"])
    #expect(rates(plan, 0) == [5.5e9, 5.5e9])
    #expect(plan.links[0].inward == nil)
    #expect(plan.links[0].outward.perCopy == Seconds(1.5e-6))
    #expect(plan.links[0].outward.latency == Seconds(2e-6))
    #expect(plan.links.map(\.instances) == [2, 1, 1, 1, 2])
    // Two cards of 22 GB/s for two GPUs.
    #expect(rates(plan, 1) == [22e9, 22e9])
    #expect(plan.links[1].outward.perCopy == Seconds(0))
    #expect(abs(plan.links[1].outward.latency.value - 300e-9) < 1e-18)
    #expect(rates(plan, 3) == [2e9, 3.25e9])
    #expect(abs(plan.links[3].outward.perCopy.value - 5e-6) < 1e-18, "80 µs, 16 at a time")
    #expect(rates(plan, 4) == [25e9 / 16, 25e9 / 16])
    #expect(
      plan.paths == [TierPath([0]), TierPath([0, 1]), TierPath([2, 3]), TierPath([2, 4])])
    // Instances 0 and 1, then 2 and 3, have a switch and a network link together.
    #expect(plan.topology.fabrics.count == 2)
    #expect(plan.topology.routes.map { $0[0].fabric } == [0, 0, 1, 1])
    #expect(plan.topology.routes.allSatisfy { $0.count == 8 })
  }

  @Test func `flash goes through memory of the host unless it is said otherwise`() throws {
    let ssd = "cluster.memory.ssd={capacity: 1 TB}"
    #expect(try assembly(tiered, ssd).memory.paths[1] == TierPath([0, 1], isPipelined: false))
    let direct = try assembly(tiered, ssd, "cluster.memory.ssd.path=gpudirect").memory
    #expect(direct.paths[1] == TierPath([0, 1]))
  }

  @Test func `a store is shared by all instances unless it is said otherwise`() throws {
    let remote = "cluster.memory.remote={capacity: 1 TB, bandwidth: 32 Gb/s}"
    let all = try assembly(tiered, remote, "cluster.instances=6").memory
    #expect(all.topology.fabrics.count == 1)
    #expect(all.topology.fabrics[0].lanes.count == 2 * (6 + 1))
    let four = try assembly(
      tiered, remote, "cluster.instances=6", "cluster.memory.remote.instances_per_link=4")
    #expect(four.topology.fabrics.map(\.lanes.count) == [2 * (4 + 1), 2 * (2 + 1)])
  }

  @Test func `a GPU copies its own part over its own link`() throws {
    let one = try assembly(tiered)
    let two = try assembly(tiered, "cluster.tensor_parallel=2")
    #expect(one.kvBytesPerBlockPerGPU == 2_097_152)
    #expect(two.kvBytesPerBlockPerGPU == 1_048_576)
    #expect(two.tiers == one.tiers, "the capacity is the instance's")
    #expect(two.memory.links == one.memory.links)
    #expect(one.kvCopies.copies(of: 3) == 2 * 32 * 3)
    #expect(two.kvCopies == KVCopies(bytesPerBlock: 1_048_576, tensors: 64, granularity: .block))
    #expect(two.kvCopies(by: .layer).copies(of: 3) == 64)
    #expect(two.kvCopies(by: .sequence).copies(of: 3) == 1)
    #expect(two.kvCopies(by: .sequence).copies(of: 0) == 0)
    #expect(two.kvCopies.bytes(of: 3) == 3_145_728)
  }

  /// 40 layers on 3 stages: 13, 14, 13.
  @Test func `of pipeline stages the one with the most layers counts`() throws {
    let assembly = try assembly(
      tiered, "model=opt-13b", "cluster.pipeline_parallel=3", "cluster.gpu=a100-40gb-sxm")
    #expect(assembly.layersPerGPU == 14)
    #expect(assembly.kvBytesPerBlockPerGPU == 16 * 14 * 2 * 5120 * 2)
    #expect(
      assembly.tiers[0].capacityBlocks == Int32(256 * 1_073_741_824 / (16 * 40 * 2 * 5120 * 2)))
  }

  @Test func `latent vectors are one tensor a layer`() throws {
    let assembly = try assembly(
      tiered, "model=deepseek-v3", "cluster.gpu=h200-sxm", "cluster.tensor_parallel=8")
    #expect(assembly.kvCopies.tensors == Int64(assembly.layersPerGPU))
  }

  @Test(arguments: [
    (
      "cluster.memory.dram.capacity=1 MB",
      "--set cluster.memory.dram.capacity: "
        + "1 MB is less than one KV block of an instance (2 MiB)"
    ),
    (
      "cluster.memory.dram.gpus_per_link=3",
      "--set cluster.memory.dram.gpus_per_link: 3 does not go with the 2 GPUs of an instance; "
        + "write a multiple of 2, or a number that divides it"
    ),
    (
      "cluster.memory.dram.link=pcie-4-x16",
      "--set cluster.memory.dram.link: unknown link \"pcie-4-x16\" "
        + "(did you mean \"pcie-4.0-x16\"?); known: pcie-3.0-x16, "
    ),
    (
      "cluster.memory.ssd={capacity: 1 TB, device: nvme-gen4-x8}",
      "--set cluster.memory.ssd: unknown device of ssd \"nvme-gen4-x8\" "
        + "(did you mean \"nvme-gen4-x4\"?); known: nvme-gen3-x4, "
    ),
    (
      "cluster.memory.ssd={capacity: 1 TB, copy: kernel}",
      "--set cluster.memory.ssd: cluster.memory.ssd.copy is that of dram, which takes the same "
        + "link pcie-4.0-x16; leave it out"
    ),
    (
      "engine.preemption=swap",
      "--set engine.preemption: swap is not offered by scheduler vllm-v1; write recompute"
    ),
  ])
  func `what does not fit is refused`(setting: String, start: String) {
    let message = message { _ = try assembly(tiered, "cluster.tensor_parallel=2", setting) }
    #expect(message.hasPrefix(start), "\(message)")
  }

  @Test func `a swap needs memory to swap to`() {
    for yaml in [least, least.replacing("sxm}", with: "sxm, memory: {ssd: {capacity: 1 TB}}}")] {
      #expect(
        message { _ = try assembly(yaml + "engine: {preemption: swap}\n") }
          == "my.yaml:4: engine.preemption swap needs cluster.memory.dram, where swapped KV lies; "
          + "write dram: {capacity: 256 GiB} there, or recompute")
    }
  }

  @Test func `tiers that no run uses are said`() throws {
    #expect(try assembly(tiered).caveats.contains { $0.hasPrefix("cluster.memory changes no run") })
    #expect(try !assembly(least).caveats.contains { $0.contains("memory changes") })
  }

  @Test(arguments: [tiered, everyTier])
  func `the effective configuration says what stands for absent keys`(yaml: String) throws {
    let first = try assembly(yaml, recompute)
    let text = first.config.effectiveYAML(first.resolved, in: ".")
    let again = try assembly(text)
    #expect(again.config.effectiveYAML(again.resolved, in: ".") == text)
    #expect(again.memory.links == first.memory.links)
    #expect(again.memory.paths == first.memory.paths)
    #expect(again.tiers == first.tiers)
  }

  @Test func `every setting of the tiers counts in the hash`() throws {
    var hashes: Set<String> = []
    for setting in [
      "dram.capacity=255 GiB", "dram.copy=kernel", "dram.duplex=half", "sharing=fair",
      "dram.latency=1 us", "ssd.capacity=1 TB", "remote.capacity=1 TB",
    ] {
      let assembly = try assembly(tiered, "cluster.memory.\(setting)")
      hashes.insert(try assembly.config.configHash(assembly.resolved))
    }
    let plain = try assembly(tiered)
    hashes.insert(try plain.config.configHash(plain.resolved))
    #expect(hashes.count == 8)
  }
}
