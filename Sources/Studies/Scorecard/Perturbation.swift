internal import Catalog
internal import Cost
internal import Experiment
internal import Files
internal import Units

/// One kind of constants of the cost model, off by a factor.
struct Perturbation: Sendable, Hashable {
  /// Constants that are off together.
  enum Kind: String, Sendable, CaseIterable {
    /// Arithmetic: the GPU's peaks, of which kernels reach a fraction, or the price of a prompt
    /// token.
    case compute
    /// The bandwidth of HBM, of which kernels reach a fraction, or the price of a decode step.
    case memory
    /// The engine's host time a step.
    case host
  }

  let kind: Kind
  /// How many times as long as before the work takes that it prices.
  let factor: Double

  /// Each kind 20 % slower and 20 % faster.
  static let all = Kind.allCases.flatMap { kind in
    [1.2, 0.8].map { Perturbation(kind: kind, factor: $0) }
  }

  /// `compute × 1.2`.
  var name: String { "\(kind.rawValue) × \(NumberText.trimmed(factor))" }

  /// What it changes of `config`, as `--set` takes it; empty where it prices nothing.
  ///
  /// - Throws: `ConfigError` when the parts of `config` do not fit together.
  func settings(for config: ExperimentConfig) throws(ConfigError) -> [String] {
    let assembly = try Assembly(config)
    let pools = assembly.pools
    let isOne = config.cluster.pools.count <= 1 && pools.count <= 1
    var settings: [String] = []
    for (i, pool) in pools.enumerated() {
      let (cluster, engine) =
        isOne ? ("cluster", "engine") : ("cluster.pools.\(i)", "cluster.pools.\(i).engine")
      settings += self.settings(for: pool, cluster, engine)
    }
    return settings
  }

  private func settings(
    for pool: Assembly, _ cluster: String, _ engine: String
  ) -> [String] {
    if kind == .host {
      let profile = pool.deployment.profile
      return [
        ("host_time", profile.hostTime), ("host_time_per_sequence", profile.hostTimePerSequence),
      ].filter { $0.1.value > 0 }
        .map { "\(engine).profile.\($0.0)=\($0.1.value * factor) s" }
    }
    guard pool.cost.heedsHardware else {
      let key = kind == .compute ? "prefill_token" : "decode_step"
      let option = pool.resolved.cost.first { $0.name == key }
      guard let price = option.flatMap({ try? Seconds(parsing: $0.text) }), price.value > 0 else {
        return []
      }
      return ["\(engine).cost.\(key)=\(price.value * factor) s"]
    }
    var gpu = pool.deployment.gpu
    switch kind {
    case .compute:
      gpu.bf16 = FLOPsPerSecond(gpu.bf16.value / factor)
      gpu.fp32 = FLOPsPerSecond(gpu.fp32.value / factor)
      gpu.tf32 = FLOPsPerSecond(gpu.tf32.value / factor)
      gpu.fp8 = FLOPsPerSecond(gpu.fp8.value / factor)
      gpu.int8 = FLOPsPerSecond(gpu.int8.value / factor)
      gpu.fp4 = FLOPsPerSecond(gpu.fp4.value / factor)
    case .memory: gpu.bandwidth = BytesPerSecond(gpu.bandwidth.value / factor)
    case .host: break
    }
    // The constants stay those of the GPU as it is: fractions of its peaks.
    let isKnown = GPU.named(gpu.name) != nil && pool.config.cluster.kernels == nil
    let fields = gpu.inlineFields.map { "\($0.key): \(Scalar.written($0.value))" }
    return ["\(cluster).gpu={\(fields.joined(separator: ", "))}"]
      + (isKnown ? ["\(cluster).kernels=\(gpu.name)"] : [])
  }
}
