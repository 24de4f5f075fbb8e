internal import Catalog
internal import Units

/// Routed experts of all layers, visited evenly.
struct LayerExperts: Sendable {
  private let layers: Double
  private let layer: BoundExperts
  private let load: ExpertLoad
  private let visits: Double
  /// Reading all experts, and arithmetic of one token.
  let weights: Double
  let computePerToken: Double

  /// Nil for a dense model.
  init?(_ deployment: Deployment, _ kernels: KernelProfile) {
    let model = deployment.model
    guard let experts = model.experts else { return nil }
    layers = Double(model.expertLayers)
    layer = BoundExperts(
      kernels.experts(model.weights), hidden: model.hidden,
      ffn: experts.ffn / deployment.tensorParallel, matrices: model.isGated ? 3 : 2,
      precision: model.weights, gpu: deployment.gpu)
    load = ExpertLoad(experts)
    visits = Double(experts.perToken)
    weights = layers * layer.weights * Double(experts.count)
    computePerToken = layers * layer.compute * visits
  }

  /// The time for `tokens` tokens in all layers.
  func time(_ tokens: Int) -> Double {
    let count = visits * Double(tokens)
    return layers * layer.time(visits: count, local: count, touched: load(tokens))
  }

  /// The experts as one part.
  func part(_ tokens: Int) -> StepParts.Part {
    let bound = layer.bound(local: visits * Double(tokens), touched: load(tokens))
    return StepParts.Part("experts", Seconds(time(tokens)), bound)
  }
}
