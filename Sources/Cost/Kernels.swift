internal import Catalog
internal import Units

/// Matrix products of one class, all layers together: seconds per row of the input.
struct MatrixProducts: Sendable {
  /// A literal, so that copying the class in a step counts no references.
  let name: StaticString
  /// Floors of all products.
  let floor: Double
  /// Arithmetic of one row.
  let compute: Double
  /// Reading the weights; of one expert where they are routed.
  let weights: Double
  /// Reading and writing one row.
  let row: Double

  /// `count` products of a row of `inner` with a matrix of `inner` × `outer`.
  ///
  /// `visits`: copies of a row, one per expert that it visits.
  init(
    _ name: StaticString, count: Int, inner: Int, outer: Int, visits: Int = 1, precision: Precision,
    gpu: GPU, kernels: KernelProfile
  ) {
    let matrix = precision == .fp8 ? kernels.fp8 : kernels.bf16
    let elements = Double(count) * Double(inner) * Double(outer)
    let bandwidth = matrix.memory * gpu.bandwidth.value
    let rows = Double(count * visits)
    self.name = name
    floor = Double(count) * matrix.floor
    compute = 2 * elements * Double(visits) / (matrix.compute * gpu.peak(precision).value)
    weights = elements * precision.bytes / bandwidth
    row = rows * Double(inner + outer) * Precision.bf16.bytes / bandwidth
  }

  /// The time for `rows` rows when all weights are read.
  func time(_ rows: Double) -> Double { floor + max(compute * rows, weights + row * rows) }

  /// The time for `rows` rows when the weights of `experts` experts are read.
  func time(_ rows: Double, experts: Double) -> Double {
    floor + max(compute * rows, weights * experts + row * rows)
  }

  /// What limits `rows` rows over `experts` experts.
  func bound(_ rows: Double, experts: Double = 1) -> Bound {
    let (arithmetic, memory) = (compute * rows, weights * experts + row * rows)
    if floor > max(arithmetic, memory) { return .host }
    return arithmetic >= memory ? .compute : .hbm
  }
}

extension MatrixProducts {
  /// The products that every token passes: attention, ordinary feed-forward blocks, shared experts
  /// and routers, as one GPU of `deployment` sees them.
  static func layers(of deployment: Deployment, _ kernels: KernelProfile) -> [MatrixProducts] {
    let (model, shards) = (deployment.model, deployment.tensorParallel)
    func products(_ name: StaticString, _ count: Int, _ inner: Int, _ outer: Int) -> MatrixProducts
    {
      MatrixProducts(
        name, count: count, inner: inner, outer: outer, precision: model.weights,
        gpu: deployment.gpu, kernels: kernels)
    }
    let (layers, hidden, heads) = (model.layers, model.hidden, model.heads / shards)
    var list: [MatrixProducts] = []
    if let latent = model.latent {
      let query = heads * (latent.plainWidth + latent.positionWidth)
      let down = latent.queryRank + latent.keyValueRank + latent.positionWidth
      list.append(products("gemm latent", layers, hidden, down))
      let input = latent.queryRank > 0 ? latent.queryRank : hidden
      list.append(products("gemm q", layers, input, query))
      let up = heads * (latent.plainWidth + latent.valueWidth)
      list.append(products("gemm kv", layers, latent.keyValueRank, up))
      list.append(products("gemm o", layers, heads * latent.valueWidth, hidden))
    } else {
      let outer = (heads + 2 * model.kvHeads(shards: shards)) * model.headDim
      list.append(products("gemm qkv", layers, hidden, outer))
      list.append(products("gemm o", layers, heads * model.headDim, hidden))
    }
    let sides = model.isGated ? 2 : 1
    let gated = model.isGated
    if model.denseLayers > 0 {
      let ffn = model.ffn / shards
      list.append(
        products(gated ? "gemm gate-up" : "gemm up", model.denseLayers, hidden, sides * ffn))
      list.append(products("gemm down", model.denseLayers, ffn, hidden))
    }
    guard let experts = model.experts else { return list }
    list.append(products("gemm router", model.expertLayers, hidden, experts.count))
    if experts.sharedFFN > 0 {
      let ffn = experts.sharedFFN / shards
      list.append(
        products(
          gated ? "gemm shared gate-up" : "gemm shared up", model.expertLayers, hidden, sides * ffn)
      )
      list.append(products("gemm shared down", model.expertLayers, ffn, hidden))
    }
    return list
  }

  /// The products of routed experts; empty in a dense model.
  static func experts(of deployment: Deployment, _ kernels: KernelProfile) -> [MatrixProducts] {
    let model = deployment.model
    guard let experts = model.experts else { return [] }
    func products(_ name: StaticString, _ inner: Int, _ outer: Int) -> MatrixProducts {
      MatrixProducts(
        name, count: model.expertLayers, inner: inner, outer: outer, visits: experts.perToken,
        precision: model.weights, gpu: deployment.gpu, kernels: kernels)
    }
    let ffn = experts.ffn / deployment.tensorParallel
    let sides = model.isGated ? 2 : 1
    return [
      products(
        model.isGated ? "gemm experts gate-up" : "gemm experts up", model.hidden, sides * ffn),
      products("gemm experts down", ffn, model.hidden),
    ]
  }
}

/// Attention of all layers as one GPU sees it: seconds per unit of each count.
struct AttentionKernels: Sendable {
  let decodeFloor: Double
  let decodePerContext: Double
  let decodePerSequence: Double
  let decodeComputePerContext: Double
  let prefillFloor: Double
  let prefillPerPair: Double
  let prefillPerToken: Double
  let prefillPerKey: Double

  init(_ deployment: Deployment, _ rates: WorkRates, _ kernels: KernelProfile) {
    let (model, gpu) = (deployment.model, deployment.gpu)
    let shards = Double(deployment.tensorParallel)
    let layers = Double(model.layers)
    let cached = rates.kvBytesPerToken / shards / gpu.bandwidth.value
    let peak = kernels.prefillCompute * gpu.bf16.value * shards
    // One latent vector serves all heads: a sequence is one head's worth of blocks.
    let heads =
      model.latent == nil ? Double(model.kvHeads(shards: deployment.tensorParallel)) : 1
    decodeFloor = layers * kernels.decodeFloor
    decodePerContext = cached / kernels.decodeMemory
    decodePerSequence = layers * heads * kernels.decodePerHead
    decodeComputePerContext = rates.flopsPerContextToken / peak
    prefillFloor = layers * kernels.prefillFloor
    // Efficiency e(s) = e∞·s / (s + h) of a prompt of s = 2·pairs/tokens tokens makes
    // FLOPs / e(s) a sum of a term in pairs and one in tokens.
    prefillPerPair = rates.flopsPerPair / peak
    prefillPerToken = prefillPerPair * kernels.prefillHalfLength / 2
    prefillPerKey = cached / kernels.prefillMemory
  }

  /// Decode attention; every sequence counts for at least the shortest context.
  func decode(_ decodes: Double, _ context: Double) -> Double {
    let read = max(context, decodes * KernelProfile.shortestContext) * decodePerContext
    return decodeFloor
      + max(max(read, decodes * decodePerSequence), context * decodeComputePerContext)
  }

  /// Prefill attention; every chunk reads at least its own keys.
  func prefill(tokens: Double, pairs: Double, keys: Double) -> Double {
    let compute = pairs * prefillPerPair + tokens * prefillPerToken
    return prefillFloor + max(compute, max(keys, tokens) * prefillPerKey)
  }
}
