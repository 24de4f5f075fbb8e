internal import Catalog
internal import Cost
internal import Files
internal import Metrics
internal import Units

extension Explanation {
  /// A page for a person at a terminal.
  public var text: String {
    let lines =
      [headline] + memory + knees + handover + [""] + lines(of: decode, decodeTitle) + [""]
      + lines(of: prefill, prefillTitle) + (breakEven.map { [""] + $0.lines } ?? [])
    return lines.joined(separator: "\n") + "\n"
  }

  private var headline: String {
    let deployment = assembly.deployment
    let layout =
      deployment.gpus == 1
      ? ""
      : " (tensor_parallel \(deployment.tensorParallel), "
        + "pipeline_parallel \(deployment.pipelineParallel))"
    return "\(deployment.model.name) on \(deployment.gpus) x \(deployment.gpu.name)\(layout)"
  }

  private func row(_ name: String, _ value: String) -> String {
    name + String(repeating: " ", count: max(1, 14 - name.count)) + value
  }

  private var memory: [String] {
    let deployment = assembly.deployment
    let (model, engine) = (deployment.model, assembly.config.engine)
    let perToken = NumberText.grouped(Int(model.kvBytesPerToken.value))
    let copied = NumberText.grouped(Int(assembly.kvBytesPerToken.value))
    let copies = perToken == copied ? "" : " (\(copied) B over all GPUs, copied heads included)"
    let pool = NumberText.bytes(assembly.kvBytesPerToken * Double(assembly.poolTokens))
    let fit = Int(assembly.blocks) / assembly.blocks(of: assembly.longest)
    var lines = [
      row(
        "weights",
        "\(NumberText.bytes(model.weightBytes)), \(NumberText.bytes(deployment.weightsPerGPU)) "
          + "per GPU"),
      row("KV per token", "\(perToken) B\(copies)"),
    ]
    if let room = assembly.memoryPool {
      lines.append(
        row(
          "KV room",
          "\(NumberText.bytes(room.bytesPerGPU)) per GPU at gpu_memory_utilization "
            + "\(engine.gpuMemoryUtilization.value)"))
    }
    lines.append(
      row(
        "KV pool",
        "\(pool) = \(NumberText.grouped(assembly.poolTokens)) tokens = "
          + "\(NumberText.grouped(Int(assembly.blocks))) "
          + (assembly.pages == nil ? "blocks" : "page groups")
          + " of \(NumberText.grouped(assembly.tokensPerBlock))"))
    lines.append(
      row(
        "",
        "\(NumberText.grouped(fit)) requests of max_model_len "
          + "\(NumberText.grouped(assembly.longest)) fit"))
    return lines + pages
  }

  private var pages: [String] {
    guard let pages = assembly.pages else { return [] }
    let chats = Int(assembly.blocks) / assembly.blocks(of: Self.chat)
    return [
      row(
        "page group",
        "\(NumberText.grouped(pages.tokens)) tokens = \(NumberText.grouped(pages.pages)) pages of "
          + "\(pages.size) per GPU, mapped in \(NumberText.time(pages.groupTime))"),
      row(
        "",
        "a request takes at least \(NumberText.bytes(pages.groupBytes)) per GPU; "
          + "\(NumberText.grouped(chats)) chats of \(Self.chat) tokens fit"),
    ]
  }

  private var knees: [String] {
    let (cost, profile) = (assembly.config.engine.cost.name.value, assembly.config.engine.profile)
    let own = assembly.cost.kneeTokens
    var knee = "above \(assembly.rooflineKnee.fixed(0)) tokens at the peaks of the data sheet"
    if own.isFinite, cost != Roofline.name { knee += ", \(own.fixed(0)) by cost \(cost)" }
    let host =
      hasHostTime
      ? "\(NumberText.time(assembly.deployment.profile.hostTime)) per step "
        + "(profile \(profile.name.value))" : "none per step (cost \(cost))"
    return [row("compute-bound", knee), row("host time", host)]
  }

  /// What it takes to hand the KV of the prompt over.
  private var handover: [String] {
    guard let plan = assembly.handovers else { return [] }
    let tokens = Int64(steps.prefill)
    return [
      row(
        "handover",
        "\(NumberText.grouped(steps.prefill)) tokens: "
          + "\(NumberText.bytes(plan.bytes(of: tokens))) of each GPU in "
          + "\(NumberText.grouped(Int(plan.messages(of: tokens)))) messages, "
          + "\(NumberText.time(plan.time(of: tokens))) over \(plan.name)")
    ]
  }

  /// Whether the cost adds the profile's host time to a step.
  var hasHostTime: Bool { decode.parts.parts.contains { $0.name == "host" } }

  private var decodeTitle: String {
    "decode step, \(NumberText.grouped(steps.batch)) sequences with "
      + "\(NumberText.grouped(steps.context)) tokens each"
  }

  private var prefillTitle: String {
    "prefill step, one prompt of \(NumberText.grouped(steps.prefill)) tokens"
  }

  private func lines(of step: Step, _ title: String) -> [String] { step.lines(title) }
}

extension Explanation.Step {
  /// The parts under `title`.
  func lines(_ title: String) -> [String] {
    let step = self
    var table = TextTable([.text("part"), .number("time"), .number("share"), .text("bound by")])
    let total = step.parts.total
    for part in step.parts.parts {
      table.add([
        part.name, NumberText.time(part.time), NumberText.percent(part.time / total),
        part.bound.rawValue,
      ])
    }
    table.add([
      "total", NumberText.time(total), NumberText.percent(total / total),
      step.parts.bound.rawValue,
    ])
    let shares =
      "MFU \(NumberText.percent(step.modelFLOPsUtilization)), "
      + "MBU \(NumberText.percent(step.memoryBandwidthUtilization))"
    return ["\(title): \(shares)"] + table.lines.map { "  " + $0 }
  }
}
