internal import Catalog
internal import Units

/// The matrix products of a step: those that every token passes, in all layers, and the output
/// head.
struct LayerMatrices: Sendable {
  private struct Class {
    /// A literal, so that copying the class counts no references.
    let name: StaticString
    let count: Double
    let product: MatrixProduct
  }

  private let classes: [Class]
  private let output: MatrixProduct
  /// Time of all classes, and of the output head, by rows: for the batches of decode steps.
  private let table: [Double]
  private let headTable: [Double]
  /// Reading all weights, and arithmetic of one token.
  let weights: Double
  let computePerToken: Double

  /// Rows up to which times are worked out beforehand.
  private static let tabled = 1024

  init(_ deployment: Deployment, _ kernels: KernelProfile) {
    let (model, gpu, shards) = (deployment.model, deployment.gpu, deployment.tensorParallel)
    classes = Self.shapes(deployment).map { shape in
      let product = MatrixProduct(
        kernels.products(model.weights, on: gpu), inner: shape.inner, outer: shape.outer,
        precision: model.weights, gpu: gpu)
      return Class(name: shape.name, count: Double(shape.count), product: product)
    }
    output = MatrixProduct(
      kernels.gemm, inner: model.hidden, outer: (model.vocab + shards - 1) / shards,
      precision: .bf16, gpu: gpu)
    var table = [Double](repeating: 0, count: Self.tabled + 1)
    var (weights, compute) = (0.0, 0.0)
    for item in classes {
      for rows in 1...Self.tabled { table[rows] += item.count * item.product.time(rows) }
      weights += item.count * item.product.weights
      compute += item.count * item.product.compute
    }
    self.table = table
    headTable = (0...Self.tabled).map { [output] in output.time($0) }
    self.weights = weights
    computePerToken = compute
  }

  /// The time for `tokens` tokens in all layers.
  func time(_ tokens: Int) -> Double {
    if tokens <= Self.tabled { return table[tokens] }
    var sum = 0.0
    for item in classes { sum += item.count * item.product.time(tokens) }
    return sum
  }

  /// The output head for `samples` positions.
  func head(_ samples: Int) -> Double {
    samples <= Self.tabled ? headTable[samples] : output.time(samples)
  }

  /// The classes one by one.
  func parts(_ tokens: Int) -> [StepParts.Part] {
    classes.map { item in
      StepParts.Part(
        "\(item.name)", Seconds(item.count * item.product.time(tokens)), item.product.bound(tokens))
    }
  }

  /// The output head.
  func headPart(_ samples: Int) -> StepParts.Part {
    StepParts.Part("gemm logits", Seconds(output.time(samples)), output.bound(samples))
  }
}

extension LayerMatrices {
  /// Products of one shape.
  struct Shape {
    let name: StaticString
    let count: Int
    let inner: Int
    let outer: Int
    init(_ name: StaticString, _ count: Int, _ inner: Int, _ outer: Int) {
      self.name = name
      self.count = count
      self.inner = inner
      self.outer = outer
    }
  }

  /// The products that every token passes: attention, ordinary feed-forward blocks, shared experts
  /// and routers, as one GPU of `deployment` sees them.
  static func shapes(_ deployment: Deployment) -> [Shape] {
    let (model, shards) = (deployment.model, deployment.tensorParallel)
    let (layers, hidden, heads) = (model.layers, model.hidden, model.heads / shards)
    var list: [Shape] = []
    if let latent = model.latent {
      let query = heads * (latent.plainWidth + latent.positionWidth)
      let down = latent.queryRank + latent.keyValueRank + latent.positionWidth
      list.append(Shape("gemm latent", layers, hidden, down))
      let input = latent.queryRank > 0 ? latent.queryRank : hidden
      list.append(Shape("gemm q", layers, input, query))
      let up = heads * (latent.plainWidth + latent.valueWidth)
      list.append(Shape("gemm kv", layers, latent.keyValueRank, up))
      list.append(Shape("gemm o", layers, heads * latent.valueWidth, hidden))
    } else {
      let outer = (heads + 2 * model.kvHeads(shards: shards)) * model.headDim
      list.append(Shape("gemm qkv", layers, hidden, outer))
      list.append(Shape("gemm o", layers, heads * model.headDim, hidden))
    }
    let sides = model.isGated ? 2 : 1
    if model.denseLayers > 0 {
      let ffn = model.ffn / shards
      list.append(
        Shape(
          model.isGated ? "gemm gate-up" : "gemm up", model.denseLayers, hidden, sides * ffn))
      list.append(Shape("gemm down", model.denseLayers, ffn, hidden))
    }
    guard let experts = model.experts else { return list }
    list.append(Shape("gemm router", model.expertLayers, hidden, experts.count))
    if experts.sharedFFN > 0 {
      let ffn = experts.sharedFFN / shards
      list.append(
        Shape(
          model.isGated ? "gemm shared gate-up" : "gemm shared up", model.expertLayers, hidden,
          sides * ffn))
      list.append(Shape("gemm shared down", model.expertLayers, ffn, hidden))
    }
    return list
  }
}
