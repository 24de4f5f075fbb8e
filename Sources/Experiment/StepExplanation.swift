internal import Catalog
internal import Cost
public import Files
internal import Units

/// One step of an experiment taken apart: the time of each class of kernels, what bounds it, and
/// the constants behind it.
public struct StepExplanation: Sendable {
  /// The experiment.
  public let assembly: Assembly
  /// The sizes of the step.
  public let sizes: Explanation.Steps
  /// The step.
  public let step: Explanation.Step
  /// What makes its time doubtful, one line each.
  public let caveats: [String]

  /// Takes apart the step of `assembly` in which `sizes.batch` sequences decode and a prompt of
  /// `sizes.prefill` tokens is computed; 0 leaves a part out.
  ///
  /// - Throws: `ConfigError` for sizes out of range, and when both parts are left out.
  public init(_ assembly: Assembly, _ sizes: Explanation.Steps) throws(ConfigError) {
    try sizes.check(from: 0)
    guard sizes.batch > 0 || sizes.prefill > 0 else {
      throw ConfigError(
        .flag("--step"), "--batch 0 and --prefill 0 leave nothing; give one of them")
    }
    var shape = StepShape()
    if sizes.batch > 0 { shape = .decode(batch: sizes.batch, context: sizes.context) }
    if sizes.prefill > 0 {
      shape.addChunk(tokens: Int32(sizes.prefill), after: 0)
      shape.samples += 1
    }
    self.assembly = assembly
    self.sizes = sizes
    step = Explanation.Step(shape, assembly)
    caveats = assembly.caveats + Explanation.caveats(assembly, [("taken", step)])
  }

  /// The constants of the classes that the step uses; none when the cost has no such constants.
  private var constants: [(parameter: KernelParameter, value: Double)] {
    guard let cost = assembly.cost as? Calibrated else { return [] }
    let deployment = assembly.deployment
    let isEightBit = deployment.model.weights == .fp8
    var classes = ["gemm_bf16", "elementwise"]
    if isEightBit { classes.append("gemm_fp8") }
    if sizes.batch > 0 { classes.append("attention_decode") }
    // The last row block of prompts also bounds uneven decodes.
    classes.append("attention_prefill")
    if deployment.model.experts != nil {
      classes.append(isEightBit ? "experts_fp8_block" : "experts_bf16")
    }
    if deployment.gpus > 1 {
      let link = deployment.joinedByNVLink ? "nvlink" : "bus"
      classes += ["engine", "all_reduce", "gather"].map { "\(link)_\($0)" }
    }
    return cost.constants.filter { classes.contains($0.parameter.className) }
  }

  private var source: String { (assembly.cost as? Calibrated)?.kernels.source ?? "none" }

  private var host: [(name: String, value: String)] {
    let profile = assembly.deployment.profile
    return [
      ("host_time", NumberText.time(profile.hostTime)),
      ("host_time_per_sequence", NumberText.time(profile.hostTimePerSequence)),
      ("launch_time_per_layer", NumberText.time(profile.launchTimePerLayer)),
      ("launches", profile.launches.rawValue),
      ("prompt_time", NumberText.time(profile.promptTime)),
      ("overlapped", profile.isOverlapped ? "yes" : "no"), ("gap", NumberText.time(profile.gap)),
      ("kernels", profile.kernels.rawValue),
    ]
  }
}

extension StepExplanation {
  private var title: String {
    var parts: [String] = []
    if sizes.batch > 0 {
      parts.append(
        "\(NumberText.grouped(sizes.batch)) sequences decode with "
          + "\(NumberText.grouped(sizes.context)) tokens each")
    }
    if sizes.prefill > 0 {
      parts.append("a prompt of \(NumberText.grouped(sizes.prefill)) tokens is computed")
    }
    return parts.joined(separator: ", ")
  }

  /// A page for a person at a terminal.
  public var text: String {
    let deployment = assembly.deployment
    var lines = ["\(deployment.model.name) on \(deployment.gpus) x \(deployment.gpu.name)"]
    lines += step.lines(title)
    var table = TextTable([.text("constant"), .number("value"), .text("unit"), .text("meaning")])
    for (parameter, value) in constants {
      table.add([parameter.name, "\(value)", parameter.unit.rawValue, parameter.meaning])
    }
    if !constants.isEmpty { lines += ["", "constants: \(source)"] + table.lines.map { "  " + $0 } }
    lines += ["", "profile \(deployment.profile.name)"]
    lines += host.map { name, value in
      "  " + name + String(repeating: " ", count: max(1, 24 - name.count)) + value
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The same figures in base units.
  public var json: JSON {
    let profile = assembly.deployment.profile
    let counts = [
      ("batch", sizes.batch), ("context_tokens", sizes.context), ("prompt_tokens", sizes.prefill),
    ].map { ($0.0, JSON.integer(Int64($0.1))) }
    let constants = constants.map { parameter, value in
      JSON.object([
        ("name", .string(parameter.name)), ("value", .number(value)),
        ("unit", .string(parameter.unit.rawValue)), ("meaning", .string(parameter.meaning)),
      ])
    }
    return .object([
      ("model", .string(assembly.deployment.model.name)),
      ("gpu", .string(assembly.deployment.gpu.name)), ("step", step.json(counts)),
      ("constants_source", .string(source)), ("constants", .array(constants)),
      (
        "profile",
        .object([
          ("name", .string(profile.name)), ("host_time_s", .seconds(profile.hostTime)),
          ("host_time_per_sequence_s", .seconds(profile.hostTimePerSequence)),
          ("launch_time_per_layer_s", .seconds(profile.launchTimePerLayer)),
          ("launches", .string(profile.launches.rawValue)),
          ("prompt_time_s", .seconds(profile.promptTime)),
          ("overlapped", .bool(profile.isOverlapped)), ("gap_s", .seconds(profile.gap)),
          ("kernels", .string(profile.kernels.rawValue)),
        ])
      ), ("caveats", .array(caveats.map { .string($0) })),
    ])
  }
}
