internal import Catalog
public import Cost
public import Files
internal import Kernel
internal import Serving
internal import Units

/// What an assembled experiment means for memory and time, before anything runs.
public struct Explanation: Sendable {
  /// The steps that are taken apart.
  public struct Steps: Sendable {
    /// Sequences of the decode step.
    public var batch = 32
    /// Tokens that each of them attends to.
    public var context = 1024
    /// Prompt tokens of the prefill step.
    public var prefill = 2048

    /// 32 sequences of 1,024 tokens; a prompt of 2,048.
    public init() {}

    /// Checks the ranges.
    ///
    /// - Throws: `ConfigError` that names the flag.
    func check(from least: Int = 1) throws(ConfigError) {
      let limits = [
        ("--batch", batch, 1_000_000), ("--context", context, Int(Int32.max)),
        ("--prefill", prefill, Int(Int32.max)),
      ]
      for (flag, value, most) in limits where value < least || value > most {
        throw ConfigError(
          .flag(flag), "\(value) is out of range; write a whole number from \(least) to \(most)")
      }
    }
  }

  /// One step and what it makes of the hardware.
  public struct Step: Sendable {
    /// Its counts.
    public let shape: StepShape
    /// Its time by operation class.
    public let parts: StepParts
    /// Share of the arithmetic peak of all GPUs; not a number when the step takes no time.
    public let modelFLOPsUtilization: Double
    /// Share of their HBM bandwidth; not a number when the step takes no time.
    public let memoryBandwidthUtilization: Double

    init(_ shape: StepShape, _ assembly: Assembly) {
      self.shape = shape
      parts = assembly.cost.parts(of: shape)
      let work = StepWork(of: shape, on: assembly.deployment)
      modelFLOPsUtilization = work.modelFLOPsUtilization(
        over: parts.total, on: assembly.deployment)
      memoryBandwidthUtilization = work.memoryBandwidthUtilization(
        over: parts.total, on: assembly.deployment)
    }
  }

  /// Tokens of a short chat, prompt and answer.
  static let chat = 256

  /// The experiment.
  public let assembly: Assembly
  /// The sizes of the steps.
  public let steps: Steps
  /// Every sequence decodes one token.
  public let decode: Step
  /// One prompt is computed whole.
  public let prefill: Step
  /// When KV under HBM is worth its way back; nil when KV lies in HBM only.
  let breakEven: BreakEven?
  /// What makes these figures doubtful, one line each.
  public let caveats: [String]

  /// Takes apart a decode step and a prefill step of `assembly`.
  ///
  /// - Throws: `ConfigError` for steps out of range.
  public init(_ assembly: Assembly, _ steps: Steps) throws(ConfigError) {
    try steps.check()
    self.assembly = assembly
    self.steps = steps
    decode = Step(.decode(batch: steps.batch, context: steps.context), assembly)
    prefill = Step(.prefill(tokens: steps.prefill), assembly)
    breakEven = BreakEven(assembly)
    caveats =
      assembly.caveats + Self.caveats(assembly, steps)
      + Self.caveats(assembly, [("decode", decode), ("prefill", prefill)])
  }

  /// What does not fit.
  private static func caveats(_ assembly: Assembly, _ steps: Steps) -> [String] {
    var caveats: [String] = []
    let longest = assembly.longest
    for (what, tokens) in [("--context", steps.context), ("--prefill", steps.prefill)]
    where tokens > longest {
      caveats.append("\(what) \(tokens) is above max_model_len \(longest)")
    }
    if assembly.blocks(of: longest) > Int(assembly.blocks) {
      caveats.append(
        "the KV pool of \(assembly.poolTokens) tokens holds no request of max_model_len \(longest)")
    }
    let needed = steps.batch * assembly.blocks(of: steps.context)
    if needed > Int(assembly.blocks) {
      caveats.append(
        "\(steps.batch) sequences of \(steps.context) tokens need \(needed) KV blocks; "
          + "the pool has \(assembly.blocks)")
    }
    if let pool = assembly.config.engine.kvPoolTokens,
      pool.value > assembly.memoryPool?.tokens ?? 0
    {
      caveats.append(
        "kv_pool_tokens \(pool.value) is above the \(assembly.memoryPool?.tokens ?? 0) tokens "
          + "that the memory leaves")
    }
    return caveats
  }

  /// Steps whose time is doubtful.
  static func caveats(
    _ assembly: Assembly, _ steps: [(name: String, step: Step)]
  ) -> [String] {
    var caveats: [String] = []
    for (name, step) in steps {
      if assembly.cost.isExtrapolated(step.shape) {
        caveats.append("the \(name) step lies outside what the cost model was fitted to")
      }
      if max(step.modelFLOPsUtilization, step.memoryBandwidthUtilization) > 1 {
        caveats.append(
          "the \(name) step is faster than the peaks of \(assembly.deployment.gpu.name) allow")
      }
    }
    return caveats
  }
}

extension StepShape {
  /// `batch` sequences decode, each attending to `context` tokens.
  static func decode(batch: Int, context: Int) -> StepShape {
    var shape = StepShape()
    shape.decodes = Int32(batch)
    shape.context = Int64(batch) * Int64(context)
    shape.longestContext = Int32(context)
    shape.lengthening = Int32(batch)
    shape.samples = Int32(batch)
    return shape
  }

  /// A prompt of `tokens` is computed whole, with nothing of it cached.
  static func prefill(tokens: Int) -> StepShape {
    var shape = StepShape()
    shape.addChunk(tokens: Int32(tokens), after: 0)
    shape.samples = 1
    return shape
  }
}

// MARK: - Memory

extension Assembly {
  /// Most tokens of a request.
  var longest: Int { Int(context.maxModelLength) }

  /// KV blocks that `tokens` tokens of one sequence take.
  func blocks(of tokens: Int) -> Int {
    let size = tokensPerBlock
    return (tokens + size - 1) / size
  }

  /// Tokens of an instance's KV pool.
  var poolTokens: Int { Int(blocks) * tokensPerBlock }

  /// Bytes that a token takes on all GPUs of an instance, copied heads included.
  var kvBytesPerToken: Bytes {
    var sum = 0.0
    for stage in deployment.stages { sum += stage.kvBytesPerToken.value }
    return Bytes(sum * Double(deployment.tensorParallel))
  }

  /// The pool that the memory leaves; nil when it leaves none.
  var memoryPool: KVPool? {
    let engine = config.engine
    return try? KVPool(
      deployment, utilization: engine.gpuMemoryUtilization.value, reserve: engine.reserve.value,
      blockSize: tokensPerBlock)
  }

  /// Tokens of a step above which arithmetic at its peak takes longer than reading all weights.
  var rooflineKnee: Double { Roofline(.init(), deployment).kneeTokens }
}

// MARK: - An experiment without a file

extension ExperimentConfig {
  /// The experiment that `overrides` alone describe: a model and a GPU, every other key at its
  /// default.
  public static func unwritten(_ overrides: [Override]) throws(ConfigError) -> ExperimentConfig {
    let workload = """
      workload:
        generate:
          requests: 1
          arrivals: {process: burst}
          input_tokens: {distribution: fixed, value: 1}
          output_tokens: {distribution: fixed, value: 1}

      """
    return try read(workload, file: "command line", overrides: overrides)
  }
}
