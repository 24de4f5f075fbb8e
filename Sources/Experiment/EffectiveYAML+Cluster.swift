internal import Catalog
internal import Files
internal import Serving
internal import Units

extension ExperimentConfig {
  /// `model`.
  func write(_ model: ModelSource, path: (String) -> String, to out: inout YAMLWriter) {
    switch model {
    case .name(let name): out.key("model", Scalar.written(name))
    case .file(let file): out.key("model", Scalar.written(path(file)))
    case .inline(let node): out.node("model", node)
    }
  }

  /// `cluster`; of pools each with every key, and beside them those of the first.
  func write(
    _ cluster: ClusterConfig, _ resolved: ResolvedConfig, path: (String) -> String,
    to out: inout YAMLWriter
  ) {
    out.block("cluster") { out in
      guard !cluster.pools.isEmpty else {
        write(alike: cluster, resolved, path: path, to: &out)
        return out.elastic(cluster.elastic, resolved.autoscaler)
      }
      out.block("pools") { out in
        for (index, pool) in cluster.pools.enumerated() {
          let known = resolved.pools.indices.contains(index) ? resolved.pools[index] : .init()
          out.item { out in write(pool, known, path: path, to: &out) }
        }
      }
      out.elastic(cluster.elastic, resolved.autoscaler)
      out.disaggregation(cluster.disaggregation, resolved.decodeRouter)
    }
  }

  private func write(
    _ pool: PoolConfig, _ resolved: ResolvedConfig, path: (String) -> String,
    to out: inout YAMLWriter
  ) {
    out.key("name", Scalar.written(pool.name.value))
    out.key("role", pool.role.value.rawValue)
    write(pool.config.model.value, path: path, to: &out)
    write(alike: pool.config.cluster, resolved, path: path, to: &out)
    write(pool.config.engine, resolved, isPool: true, to: &out)
  }

  private func write(
    alike cluster: ClusterConfig, _ resolved: ResolvedConfig, path: (String) -> String,
    to out: inout YAMLWriter
  ) {
    switch cluster.gpu.value {
    case .name(let name): out.key("gpu", Scalar.written(name))
    case .inline(let node): out.node("gpu", node)
    }
    out.key("instances", "\(cluster.instances.value)")
    out.key("tensor_parallel", "\(cluster.tensorParallel.value)")
    out.key("pipeline_parallel", "\(cluster.pipelineParallel.value)")
    out.memory(cluster.memory, resolved.memory)
    let kernels = cluster.kernels.map {
      Scalar.written(GPU.named($0.value) == nil ? path($0.value) : $0.value)
    }
    out.optional("kernels", kernels, absent: "those of the GPU")
    out.optional("price_per_gpu_hour", cluster.pricePerGPUHour, absent: "no cost is reckoned")
    guard let power = cluster.power else {
      return out.key("power", "null", comment: "no energy is reckoned")
    }
    out.block("power") { out in
      let (idle, busy) = resolved.power ?? ("", "")
      out.optional(
        "idle", power.idle.map { Scalar.written("\($0.value)") }, absent: "the GPU's: \(idle)")
      out.optional(
        "busy", power.busy.map { Scalar.written("\($0.value)") },
        absent: "the GPU's TDP: \(busy)")
      out.key("pue", "\(power.pue)")
    }
  }
}
