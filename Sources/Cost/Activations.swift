internal import Catalog
internal import Units

/// Element-wise kernels of a step on one GPU, and sampling.
struct Activations: Sendable {
  private let kernels: [BoundElementwise]
  private let times: ElementwiseTimes
  private let vocab: Int
  private let bandwidth: Double

  /// The kernels of a deployment.
  ///
  /// Per layer two norms (each reads and writes the stream and the residual), rotation of queries
  /// and keys, the activation; with experts also routing and gathering; embedding and last norm
  /// once. Norms of heads, or of latent vectors (DeepSeek-V3 technical report, §4.2), are two a
  /// layer, of queries and of keys; engines compile them into passes over bytes, without the block
  /// of threads a head that `Operation.headNorm` has. The KV write counts with attention. Kernels
  /// of 2023 are unfused: two more a layer.
  init(_ deployment: Deployment, _ profile: KernelProfile) {
    let (model, shards, gpu) = (deployment.model, deployment.tensorParallel, deployment.gpu)
    let times = profile.elementwise
    let (hidden, bytes) = (Double(model.hidden), Precision.bf16.bytes)
    let rotated = Double((model.heads / shards + model.kvHeads(shards: shards)) * model.headDim)
    let sides = model.isGated ? 3.0 : 2
    func kernels(_ count: Int, _ elements: Double) -> BoundElementwise {
      BoundElementwise(times, count: count, bytes: elements * bytes, gpu: gpu)
    }
    func norms(_ heads: Int) -> BoundElementwise {
      kernels(model.layers, 2 * Double(heads * model.headDim))
    }
    let isUnfused = deployment.profile.kernels == .of2023
    var list = [
      kernels(2 * model.layers + 1, 4 * hidden), kernels(model.layers, 2 * rotated),
      kernels(1, 2 * hidden),
    ]
    if isUnfused { list.append(kernels(2 * model.layers, 3 * hidden)) }
    if model.normalizesHeads {
      list += [norms(model.heads / shards), norms(model.kvHeads(shards: shards))]
    }
    if let latent = model.latent {
      list += [latent.queryRank, latent.keyValueRank].filter { $0 > 0 }
        .map { kernels(model.layers, 2 * Double($0)) }
    }
    if model.denseLayers > 0 {
      list.append(kernels(model.denseLayers, sides * Double(model.ffn / shards)))
    }
    if let experts = model.experts, experts.sharedFFN > 0 {
      list.append(kernels(model.expertLayers, sides * Double(experts.sharedFFN / shards)))
    }
    if let experts = model.experts {
      list.append(kernels(2 * model.expertLayers, Double(experts.count)))
    }
    self.kernels = list
    self.times = times
    vocab = model.vocab
    bandwidth = gpu.bandwidth.value
  }

  /// All layers for `tokens` tokens.
  func time(_ tokens: Int) -> Double {
    var sum = 0.0
    for kernel in kernels { sum += kernel.time(Double(tokens)) }
    return sum
  }

  /// Choosing `samples` tokens.
  func sampling(_ samples: Int) -> Double {
    times.sampling(samples, vocab: vocab, bandwidth: bandwidth)
  }

  /// The kernels of the layers as one part.
  func part(_ tokens: Int) -> StepParts.Part {
    let floors = kernels.reduce(0) { $0 + $1.count * $1.floor }
    let time = time(tokens)
    return StepParts.Part("element-wise", Seconds(time), time > 2 * floors ? .hbm : .host)
  }
}
