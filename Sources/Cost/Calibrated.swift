public import Catalog
public import Kernel
public import Units

/// Calibrated: each class of kernels with its own floor and the fractions of the peaks that it was
/// measured to reach; collectives, pipeline transfers and the engine's host time on top.
///
/// Kernels follow one another, so their times add. Left out: the slowdown of mixed prefill and
/// decode attention, quantisation of matrix tiles, sliding windows.
public struct Calibrated: CostModel {
  /// What a deployment may know better than the tables.
  public struct Options: PolicyOptions {
    /// Fraction of the link that collectives reach, for boxes without NVLink above all; 0: the
    /// table's.
    public var allReduceEfficiency = 0.0
    /// The table's.
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
    "kernels by class, each with its own floor and measured share of the peaks"
  /// The constants in use.
  public let kernels: KernelProfile

  private let gpuName: String
  private let host: Double
  private let layers: [MatrixProducts]
  private let routed: [MatrixProducts]
  private let experts: ExpertLoad?
  private let expertCount: Double
  private let head: MatrixProducts
  private let attention: AttentionKernels
  private let elementwiseFloor: Double
  private let elementwisePerToken: Double
  private let links: Communication

  /// The step times of `deployment`.
  public init(_ options: Options, _ deployment: Deployment) {
    let (model, gpu) = (deployment.model, deployment.gpu)
    let kernels = KernelProfile.of(gpu)
    let rates = WorkRates(deployment)
    self.kernels = kernels
    gpuName = gpu.name
    host = deployment.profile.hostTime.value
    layers = MatrixProducts.layers(of: deployment, kernels)
    routed = MatrixProducts.experts(of: deployment, kernels)
    experts = rates.experts
    expertCount = Double(model.experts?.count ?? 0)
    let shards = deployment.tensorParallel
    head = MatrixProducts(
      "gemm logits", count: 1, inner: model.hidden, outer: (model.vocab + shards - 1) / shards,
      precision: .bf16, gpu: gpu, kernels: kernels)
    attention = AttentionKernels(deployment, rates, kernels)
    let small = Self.elementwise(deployment, rates)
    elementwiseFloor = small.kernels * KernelProfile.elementwiseFloor
    elementwisePerToken =
      small.bytesPerToken / (KernelProfile.elementwiseMemory * gpu.bandwidth.value)
    links = Communication(deployment, kernels, efficiency: options.allReduceEfficiency)
  }

  /// Whether the constants were measured on this kind of GPU.
  public var isMeasured: Bool { kernels.isMeasured }

  /// Says when the constants are not the GPU's own.
  public var caveat: String? {
    isMeasured
      ? nil : "no kernel timings of \(gpuName): its cost uses the \(kernels.source)"
  }

  /// Tokens of a step above which the layers' arithmetic takes longer than their memory traffic.
  public var kneeTokens: Double {
    var (weights, perToken) = (0.0, 0.0)
    for products in layers {
      weights += products.weights
      perToken += products.compute - products.row
    }
    for products in routed {
      weights += products.weights * expertCount
      perToken += products.compute - products.row
    }
    return perToken > 0 ? weights / perToken : .infinity
  }

  /// Element-wise kernels of a step on one GPU and their memory traffic per token.
  ///
  /// Two norms (each reads and writes the stream and the residual), rotation of queries and keys,
  /// the activation and the KV write in every layer; with experts also routing and gathering;
  /// embedding, last norm and sampling once.
  private static func elementwise(
    _ deployment: Deployment, _ rates: WorkRates
  ) -> (kernels: Double, bytesPerToken: Double) {
    let (model, shards) = (deployment.model, deployment.tensorParallel)
    let rotated = (model.heads / shards + model.kvHeads(shards: shards)) * model.headDim
    let sides = model.isGated ? 3 : 2
    var elements = model.layers * (8 * model.hidden + 2 * rotated)
    elements += model.denseLayers * sides * (model.ffn / shards)
    var kernels = 4 * model.layers + 3
    if let experts = model.experts {
      let width = (experts.perToken * experts.ffn + experts.sharedFFN) / shards
      elements += model.expertLayers * (sides * width + 4 * experts.perToken * model.hidden)
      kernels += 3 * model.expertLayers
    }
    let written = rates.kvBytesPerToken / Double(shards)
    return (Double(kernels), Double(elements) * Precision.bf16.bytes + written)
  }

  private func elementwise(_ tokens: Double) -> Double {
    max(elementwiseFloor, elementwisePerToken * tokens)
  }

  /// The time of a step but for its decode attention.
  private func base(_ shape: StepShape) -> Double {
    let count = Int(shape.decodes) + Int(shape.prefillTokens)
    guard count > 0 else { return host }
    let (tokens, samples) = (Double(count), Double(shape.samples))
    var sum = host
    for products in layers { sum += products.time(tokens) }
    if let experts {
      let touched = experts(count)
      for products in routed { sum += products.time(tokens, experts: touched) }
    }
    sum += head.time(samples)
    sum += elementwise(tokens)
    sum += links.allReduce(tokens)
    sum += links.gather(samples)
    sum += links.transfer(tokens)
    if shape.prefillTokens > 0 { sum += prefillAttention(shape) }
    return sum
  }

  private func prefillAttention(_ shape: StepShape) -> Double {
    attention.prefill(
      tokens: Double(shape.prefillTokens), pairs: Double(shape.prefillPairs),
      keys: Double(shape.prefillKeys))
  }

  private func time(_ base: Double, _ decodes: Int32, _ context: Int64) -> Seconds {
    guard decodes > 0 else { return Seconds(base) }
    return Seconds(base + attention.decode(Double(decodes), Double(context)))
  }

  /// The time of one step.
  public func time(of shape: StepShape) -> Seconds {
    time(base(shape), shape.decodes, shape.context)
  }

  /// As steps one by one; what does not depend on the context is computed once.
  public func ends(
    of shape: StepShape, from start: Instant, count: Int, into ends: inout [Instant]
  ) {
    let base = base(shape)
    var context = shape.context
    var end = start
    for i in 0..<count {
      end = end + time(base, shape.decodes, context)
      ends[i] = end
      context += Int64(shape.lengthening)
    }
  }

  /// Whether a step has more sequences or rows than any timing that the constants were fitted to.
  public func isExtrapolated(_ shape: StepShape) -> Bool {
    shape.decodes > KernelProfile.mostMeasuredDecodes
      || shape.decodes + shape.prefillTokens > KernelProfile.mostMeasuredRows
  }

  /// The classes of kernels in the order of a forward pass, with what limits each; a class whose
  /// floors exceed the rest counts as host.
  public func parts(of shape: StepShape) -> StepParts {
    var parts = [StepParts.Part("host", Seconds(host), .host)]
    func add(_ name: StaticString, _ time: Double, _ bound: Bound) {
      parts.append(StepParts.Part("\(name)", Seconds(time), bound))
    }
    let count = Int(shape.decodes) + Int(shape.prefillTokens)
    guard count > 0 else { return StepParts(parts, total: time(of: shape)) }
    let (tokens, samples) = (Double(count), Double(shape.samples))
    for products in layers {
      add(products.name, products.time(tokens), products.bound(tokens))
    }
    if let touched = experts?(count) {
      for products in routed {
        let bound = products.bound(tokens, experts: touched)
        add(products.name, products.time(tokens, experts: touched), bound)
      }
    }
    if shape.prefillTokens > 0 {
      let bound = attention.prefillBound(shape)
      add("prefill attention", prefillAttention(shape), bound)
    }
    if shape.decodes > 0 {
      let (decodes, context) = (Double(shape.decodes), Double(shape.context))
      let bound = attention.decodeBound(decodes, context)
      add("decode attention", attention.decode(decodes, context), bound)
    }
    let small = elementwise(tokens)
    add("element-wise", small, small > elementwiseFloor ? .hbm : .host)
    add("gemm logits", head.time(samples), head.bound(samples))
    if links.allReduceFloor > 0 {
      add("all-reduce", links.allReduce(tokens), .link)
      add("gather logits", links.gather(samples), .link)
    }
    if links.transferFloor > 0 { add("pipeline transfer", links.transfer(tokens), .link) }
    return StepParts(parts, total: time(of: shape))
  }
}

extension AttentionKernels {
  /// What limits prefill attention.
  func prefillBound(_ shape: StepShape) -> Bound {
    let tokens = Double(shape.prefillTokens)
    let compute = Double(shape.prefillPairs) * prefillPerPair + tokens * prefillPerToken
    let memory = max(Double(shape.prefillKeys), tokens) * prefillPerKey
    if prefillFloor > max(compute, memory) { return .host }
    return compute >= memory ? .compute : .hbm
  }

  /// What limits decode attention; launching its blocks counts as compute.
  func decodeBound(_ decodes: Double, _ context: Double) -> Bound {
    let read = max(context, decodes * KernelProfile.shortestContext) * decodePerContext
    let compute = max(decodes * decodePerSequence, context * decodeComputePerContext)
    if decodeFloor > max(read, compute) { return .host }
    return compute > read ? .compute : .hbm
  }
}
