internal import Catalog
internal import Files
internal import Memory

extension YAMLWriter {
  /// `cluster.memory`; `resolved` has the values of keys that stand for "as the catalogue has it",
  /// by tier and key.
  mutating func memory(_ memory: MemoryConfig?, _ resolved: [(key: String, text: String)]) {
    guard let memory else { return key("memory", "null", comment: "HBM only") }
    block("memory") { out in
      out.key("sharing", memory.sharing.value.rawValue)
      for level in TierLevel.allCases {
        guard let tier = memory.tiers.first(where: { $0.level == level }) else {
          out.key(level.rawValue, "null")
          continue
        }
        out.block(level.rawValue) { out in
          for key in level.keys where key != "shared" || tier.isShared?.value == true {
            let known = resolved.first { $0.key == "\(level).\(key)" }?.text ?? ""
            out.optional(key, tier.written(key), absent: known)
          }
        }
      }
    }
  }

  /// `engine.preemption`: the word alone when it has no options.
  mutating func preemption(_ preemption: PreemptionConfig) {
    guard preemption.name.value == .swap else {
      return key("preemption", preemption.name.value.rawValue)
    }
    block("preemption") { out in
      out.key("name", preemption.name.value.rawValue)
      out.key("granularity", preemption.granularity.value.rawValue)
      // YAML reads none as text.
      out.key("overlap", preemption.overlap.value.rawValue)
    }
  }
}

extension TierConfig {
  /// The value of `key` as a file has it; nil when it is absent.
  fileprivate func written(_ key: String) -> String? {
    switch key {
    case "capacity": "\(capacity.value)"
    case "link": host.link.map { Scalar.written($0.value) }
    case "copy": host.copy?.value.rawValue
    case "copy_time": host.copyTime.map { "\($0.value)" }
    case "duplex": host.duplex?.value.rawValue
    case "gpus_per_link": host.gpusPerLink.map { "\($0.value)" }
    case "device": device.map { Scalar.written($0.value) }
    case "read", "bandwidth": read.map { "\($0.value)" }
    case "write": write.map { "\($0.value)" }
    case "latency": latency.map { "\($0.value)" }
    case "cards": cards.map { "\($0.value)" }
    case "queue_depth": queueDepth.map { "\($0.value)" }
    case "path": path?.value.rawValue
    case "shared": isShared.map { "\($0.value)" }
    case "instances_per_link": instancesPerLink.map { "\($0.value)" }
    default: preconditionFailure("cluster.memory.\(level).\(key) is not written")
    }
  }
}
