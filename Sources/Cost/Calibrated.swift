public import Catalog
public import Kernel
public import Units

/// Calibrated: every class of kernels by its own formula and measured constants; collectives,
/// pipeline transfers and the engine's host time on top.
///
/// Kernels follow one another, so their times add. Left out: sliding windows, padding of batches
/// to the sizes of captured graphs.
public struct Calibrated: CostModel {
  /// What a deployment may know better than the tables.
  public struct Options: PolicyOptions {
    /// Fraction of the link that collectives reach, for boxes without NVLink above all; 0: the
    /// table's.
    public var allReduceEfficiency = 0.0
    /// Whether a few experts of a mixture are far more popular than the rest (a power law with
    /// exponent 1.2).
    public var skewedExperts = false
    /// The table's, and experts visited evenly.
    public init() {}
    /// A fraction, or 0.
    public var fault: String? {
      allReduceEfficiency >= 0 && allReduceEfficiency <= 1
        ? nil : "all_reduce_efficiency is \(allReduceEfficiency); it must be from 0 to 1"
    }
  }

  /// `calibrated`.
  public static let name = "calibrated"
  /// What it is.
  public static let summary =
    "kernels by class, each by its own formula and measured constants"
  /// The constants in use.
  public let kernels: KernelProfile

  let host: HostWork
  let matrices: LayerMatrices
  let experts: LayerExperts?
  let attention: LayerAttention
  let activations: Activations
  let links: LayerLinks
  private let roofline: Roofline
  private let gpuName: String

  /// The step times of `deployment` with `kernels`, those of its GPU when nil.
  public init(_ options: Options, _ deployment: Deployment, _ kernels: KernelProfile?) {
    let kernels = (kernels ?? KernelProfile(of: deployment.gpu))
      .run(by: deployment.profile.kernels, on: deployment.gpu)
    self.kernels = kernels
    gpuName = deployment.gpu.name
    host = HostWork(deployment)
    matrices = LayerMatrices(deployment, kernels)
    experts = LayerExperts(deployment, kernels, isSkewed: options.skewedExperts)
    attention = LayerAttention(deployment, kernels)
    activations = Activations(deployment, kernels)
    links = LayerLinks(deployment, kernels, efficiency: options.allReduceEfficiency)
    roofline = Roofline(NoOptions(), deployment, nil)
  }

  /// Whether the constants were measured on this kind of GPU.
  public var isMeasured: Bool { kernels.isMeasured }

  /// Says when the constants are not the GPU's own.
  public var caveat: String? {
    kernels.isOwn ? nil : "no kernel timings of \(gpuName): its constants are \(kernels.source)"
  }

  /// Tokens of a step above which the layers' arithmetic takes longer than their memory traffic.
  public var kneeTokens: Double {
    let compute = matrices.computePerToken + (experts?.computePerToken ?? 0)
    return compute > 0 ? (matrices.weights + (experts?.weights ?? 0)) / compute : .infinity
  }

  /// What the GPU takes for a step but for its attention to decodes.
  private func base(_ shape: StepShape) -> Double {
    let tokens = Int(shape.decodes) + Int(shape.prefillTokens)
    guard tokens > 0 else { return 0 }
    let samples = Int(shape.samples)
    var sum = matrices.time(tokens) + matrices.head(samples)
    if let experts { sum += experts.time(tokens) }
    sum += activations.time(tokens) + activations.sampling(samples)
    return sum + links.time(tokens: tokens, samples: samples)
  }

  /// The time of one step.
  public func time(of shape: StepShape) -> Seconds {
    let gpu =
      base(shape)
      + attention.time(
        shape, prefilling: attention.prefilling(shape), attention.batch(shape))
      + roofline.delay(shape)
    return Seconds(host.step(shape).time(gpu))
  }

  /// As steps one by one; what does not depend on the context is computed once.
  public func ends(
    of shape: StepShape, from start: Instant, count: Int, into ends: inout [Instant]
  ) {
    let (base, host) = (base(shape), host.step(shape))
    let (prefilling, batch) = (attention.prefilling(shape), attention.batch(shape))
    var shape = shape
    var end = start
    for i in 0..<count {
      var gpu = base + attention.time(shape, prefilling: prefilling, batch)
      if shape.copyRate > 0 { gpu += roofline.delay(shape) }
      end = end + Seconds(host.time(gpu))
      ends[i] = end
      shape.advance()
    }
  }

  /// Whether a step has more sequences, rows or keys of a prompt than any timing that the constants
  /// were fitted to.
  public func isExtrapolated(_ shape: StepShape) -> Bool {
    shape.decodes > KernelProfile.mostMeasuredDecodes
      || shape.decodes + shape.prefillTokens > KernelProfile.mostMeasuredRows
      || shape.longestChunk > KernelProfile.mostMeasuredKeys
  }
}

// MARK: - Explanations

extension Calibrated {
  /// The classes of kernels in the order of a forward pass, with what limits each; a class whose
  /// floors exceed the rest counts as host.
  public func parts(of shape: StepShape) -> StepParts {
    var parts: [StepParts.Part] = []
    let tokens = Int(shape.decodes) + Int(shape.prefillTokens)
    if tokens > 0 {
      let samples = Int(shape.samples)
      parts += matrices.parts(tokens)
      if let experts { parts.append(experts.part(tokens)) }
      parts += attention.parts(shape)
      parts.append(activations.part(tokens))
      parts += links.parts(tokens: tokens)
      parts.append(matrices.headPart(samples))
      if shape.copyRate > 0 {
        parts.append(StepParts.Part("copies", Seconds(roofline.delay(shape)), .hbm))
      }
      parts.append(
        StepParts.Part("sampling", Seconds(activations.sampling(samples)), .hbm))
      if let gather = links.gatherPart(samples: samples) { parts.append(gather) }
    }
    let gpu = parts.reduce(0) { $0 + $1.time.value }
    let total = time(of: shape)
    // What the GPU waits for the host.
    parts.insert(StepParts.Part("host", Seconds(max(0, total.value - gpu)), .host), at: 0)
    return StepParts(parts, total: total)
  }

  /// Every constant that steps of this deployment use, as people read it.
  public var constants: [(parameter: KernelParameter, value: Double)] {
    KernelProfile.parameters.map { ($0, $0.value(in: kernels)) }
  }
}
