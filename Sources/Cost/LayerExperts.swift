internal import Catalog
internal import Units

/// Routed experts of all layers, visited evenly or by a power law.
struct LayerExperts: Sendable {
  private let layers: Double
  private let layer: BoundExperts
  private let load: ExpertLoad
  private let visits: Double
  /// Times of one layer by tokens when visits are skewed; empty when they are even.
  private let skewed: [(tokens: Int, time: Double)]
  /// Reading all experts, and arithmetic of one token.
  let weights: Double
  let computePerToken: Double

  /// Nil for a dense model.
  init?(_ deployment: Deployment, _ kernels: KernelProfile, isSkewed: Bool) {
    let model = deployment.model
    guard let experts = model.experts else { return nil }
    layers = Double(model.expertLayers)
    layer = BoundExperts(
      kernels.experts(model.weights, on: deployment.gpu), hidden: model.hidden,
      ffn: experts.ffn / deployment.tensorParallel, matrices: model.isGated ? 3 : 2,
      precision: model.weights, gpu: deployment.gpu)
    load = ExpertLoad(experts)
    visits = Double(experts.perToken)
    skewed = isSkewed ? Self.table(layer, experts) : []
    weights = layers * layer.weights * Double(experts.count)
    computePerToken = layers * layer.compute * visits
  }

  /// Times at numbers of tokens a quarter apart; they never fall.
  private static func table(
    _ layer: BoundExperts, _ experts: Model.Experts
  ) -> [(tokens: Int, time: Double)] {
    var table: [(tokens: Int, time: Double)] = [(0, 0)]
    var tokens = 1
    while tokens <= 1 << 16 {
      let loads = SkewedExperts(
        tokens: tokens, perToken: experts.perToken, count: experts.count)
      let time = layer.time(visits: Double(tokens * experts.perToken), perExpert: loads.visits)
      table.append((tokens, max(time, table[table.count - 1].time)))
      tokens += max(1, tokens / 4)
    }
    return table
  }

  /// Between the numbers of the table, and beyond its end, along a straight line.
  private func skewedTime(_ tokens: Int) -> Double {
    var (low, high) = (0, skewed.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if skewed[middle].tokens <= tokens { low = middle } else { high = middle }
    }
    let (a, b) = (skewed[low], skewed[high])
    return a.time + (b.time - a.time) * Double(tokens - a.tokens) / Double(b.tokens - a.tokens)
  }

  /// The time for `tokens` tokens in all layers.
  func time(_ tokens: Int) -> Double {
    if !skewed.isEmpty { return layers * skewedTime(tokens) }
    let count = visits * Double(tokens)
    return layers * layer.time(visits: count, local: count, touched: load(tokens))
  }

  /// The experts as one part.
  func part(_ tokens: Int) -> StepParts.Part {
    let bound = layer.bound(local: visits * Double(tokens), touched: load(tokens))
    return StepParts.Part("experts", Seconds(time(tokens)), bound)
  }
}
