internal import Catalog
internal import Cost
public import Files
internal import Units

extension Explanation {
  /// The same figures in base units, the unit at the end of each key; shares from 0 to 1.
  public var json: JSON {
    let tiers = breakEven.map { [("break_even", $0.json)] } ?? []
    return .object(
      layout + memory + pages + time + tiers + [("caveats", .array(caveats.map { .string($0) }))])
  }

  private func whole(_ value: Int) -> JSON { .integer(Int64(value)) }

  private var layout: [(String, JSON)] {
    let (deployment, config) = (assembly.deployment, assembly.config)
    return [
      ("model", .string(deployment.model.name)), ("gpu", .string(deployment.gpu.name)),
      ("tensor_parallel", whole(deployment.tensorParallel)),
      ("pipeline_parallel", whole(deployment.pipelineParallel)),
      ("instances", whole(config.cluster.instances.value)),
      ("cost", .string(config.engine.cost.name.value)),
      ("profile", .string(config.engine.profile.name.value)),
    ]
  }

  private var memory: [(String, JSON)] {
    let deployment = assembly.deployment
    let perToken = assembly.kvBytesPerToken
    let fit = Int(assembly.blocks) / assembly.blocks(of: assembly.longest)
    return [
      ("weight_bytes", .quantity(deployment.model.weightBytes.value)),
      ("weight_bytes_per_gpu", .quantity(deployment.weightsPerGPU.value)),
      ("kv_bytes_per_token", .quantity(deployment.model.kvBytesPerToken.value)),
      ("kv_bytes_per_token_with_copies", .quantity(perToken.value)),
      (
        "kv_room_bytes_per_gpu",
        assembly.memoryPool.map { .quantity($0.bytesPerGPU.value) } ?? .null
      ),
      ("kv_pool_bytes", .quantity(perToken.value * Double(assembly.poolTokens))),
      ("kv_pool_tokens", whole(assembly.poolTokens)),
      ("kv_pool_blocks", whole(Int(assembly.blocks))),
      ("block_tokens", whole(assembly.tokensPerBlock)),
      ("max_model_len", whole(assembly.longest)), ("max_model_len_requests", whole(fit)),
    ]
  }

  private var pages: [(String, JSON)] {
    guard let pages = assembly.pages else { return [] }
    return [
      (
        "page_group",
        .object([
          ("tokens", whole(pages.tokens)), ("pages_per_gpu", whole(pages.pages)),
          ("page_bytes", .quantity(pages.size.value)),
          ("bytes_per_gpu", .quantity(pages.groupBytes.value)),
          ("map_time_s", .seconds(pages.groupTime)), ("chat_tokens", whole(Self.chat)),
          ("chats", whole(Int(assembly.blocks) / assembly.blocks(of: Self.chat))),
        ])
      )
    ]
  }

  private var time: [(String, JSON)] {
    let host = hasHostTime ? assembly.deployment.profile.hostTime : Seconds(0)
    let decodeSizes = [("batch", whole(steps.batch)), ("context_tokens", whole(steps.context))]
    return [
      ("roofline_knee_tokens", .number(assembly.rooflineKnee)),
      ("cost_knee_tokens", .number(assembly.cost.kneeTokens)),
      ("host_time_s", .seconds(host)),
      ("decode_step", json(decode, decodeSizes)),
      ("prefill_step", json(prefill, [("prompt_tokens", whole(steps.prefill))])),
    ]
  }

  private func json(_ step: Step, _ sizes: [(String, JSON)]) -> JSON { step.json(sizes) }
}

extension Explanation.Step {
  /// The parts in base units, after `sizes`.
  func json(_ sizes: [(String, JSON)]) -> JSON {
    let step = self
    let total = step.parts.total
    let parts = step.parts.parts.map { part in
      JSON.object([
        ("name", .string(part.name)), ("time_s", .seconds(part.time)),
        ("share", .number(part.time / total)), ("bound_by", .string(part.bound.rawValue)),
      ])
    }
    return .object(
      sizes + [
        ("time_s", .seconds(total)), ("bound_by", .string(step.parts.bound.rawValue)),
        ("mfu", .number(step.modelFLOPsUtilization)),
        ("mbu", .number(step.memoryBandwidthUtilization)), ("parts", .array(parts)),
      ])
  }
}
