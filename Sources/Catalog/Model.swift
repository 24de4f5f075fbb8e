/// The shape of a decoder-only transformer: all that time and memory depend on.
///
/// Biases and norms are left out: together below 0.1 % of the parameters.
public struct Model: Sendable, Equatable {
  /// A mixture of experts in place of one feed-forward block.
  public struct Experts: Sendable, Equatable {
    /// Routed experts of a layer.
    public var count: Int
    /// Routed experts that each token visits.
    public var perToken: Int
    /// Inner width of one routed expert.
    public var ffn: Int
    /// Inner width of all experts together that every token visits; zero when there are none.
    public var sharedFFN: Int
    /// Layers at the bottom that have one ordinary feed-forward block instead.
    public var denseLayers: Int

    /// Experts of that number and width.
    public init(count: Int, perToken: Int, ffn: Int, sharedFFN: Int = 0, denseLayers: Int = 0) {
      self.count = count
      self.perToken = perToken
      self.ffn = ffn
      self.sharedFFN = sharedFFN
      self.denseLayers = denseLayers
    }
  }

  /// Multi-head latent attention: keys and values are kept as one compressed vector per token.
  ///
  /// Source: DeepSeek-V2 technical report, §2.1.
  public struct LatentAttention: Sendable, Equatable {
    /// Width of the compressed queries; zero when queries are not compressed.
    public var queryRank: Int
    /// Width of the compressed keys and values, cached for each token.
    public var keyValueRank: Int
    /// Width of a head's query and key without position.
    public var plainWidth: Int
    /// Width of a head's query and of the one shared key that carry the position (cached, too).
    public var positionWidth: Int
    /// Width of a head's value.
    public var valueWidth: Int

    /// Latent attention of those widths.
    public init(
      queryRank: Int, keyValueRank: Int, plainWidth: Int, positionWidth: Int, valueWidth: Int
    ) {
      self.queryRank = queryRank
      self.keyValueRank = keyValueRank
      self.plainWidth = plainWidth
      self.positionWidth = positionWidth
      self.valueWidth = valueWidth
    }
  }

  /// Name in lower case with hyphens, such as `llama-3-8b`.
  public var name: String
  /// Architecture, the `model_type` of Hugging Face configurations.
  public var family: String
  /// Transformer layers.
  public var layers: Int
  /// Width of the residual stream.
  public var hidden: Int
  /// Query heads.
  public var heads: Int
  /// Key and value heads: `heads` with multi-head attention, fewer with grouped queries.
  public var kvHeads: Int
  /// Width of a query or key head.
  public var headDim: Int
  /// Inner width of the feed-forward block; zero when every layer has experts.
  public var ffn: Int
  /// Whether the feed-forward block has a gate: three matrices in place of two.
  public var isGated = true
  /// Rows of the embedding table.
  public var vocab: Int
  /// Whether the output head is the input embedding table.
  public var tiesEmbeddings = false
  /// Rows of a learned position table; zero with rotary positions.
  public var learnedPositions = 0
  /// The mixture of experts, nil in a dense model.
  public var experts: Experts?
  /// Latent attention, nil when keys and values are cached as they are.
  public var latent: LatentAttention?
  /// Whether a norm of its own passes over every query and key head before their rotation.
  ///
  /// `q_norm` and `k_norm` of Qwen 3. Source: Qwen3 technical report, §2; `modeling_qwen3.py` and
  /// `modeling_qwen3_moe.py` of Hugging Face's transformers.
  public var normalizesHeads = false
  /// Tokens that a windowed layer looks back on; zero when every layer sees everything.
  ///
  /// Kept as a fact; the cost models count whole contexts, an upper bound for such layers.
  public var window = 0
  /// Layers that have the window.
  public var windowedLayers = 0
  /// Longest prompt plus output.
  public var maxContext: Int
  /// Format of the layers' weights; embeddings and output head stay at 16 bits.
  public var weights = Precision.bf16
  /// Format of cached keys and values.
  public var kvCache = Precision.bf16

  /// A dense model with gated feed-forward blocks, rotary positions and 16-bit numbers.
  public init(
    name: String, family: String, layers: Int, hidden: Int, heads: Int, kvHeads: Int,
    headDim: Int, ffn: Int, vocab: Int, maxContext: Int
  ) {
    self.name = name
    self.family = family
    self.layers = layers
    self.hidden = hidden
    self.heads = heads
    self.kvHeads = kvHeads
    self.headDim = headDim
    self.ffn = ffn
    self.vocab = vocab
    self.maxContext = maxContext
  }

  /// The model of the catalogue with that name, nil when there is none.
  ///
  /// `NAME-fp8` is the model NAME with the weights of its layers in 8 bits, as checkpoints of
  /// quantized models have them.
  public static func named(_ name: String) -> Model? {
    if let model = all.first(where: { $0.name == name }) { return model }
    let suffix = "-fp8"
    guard name.hasSuffix(suffix) else { return nil }
    return all.first { $0.name == name.dropLast(suffix.count) }?.inFP8
  }

  /// The same model with the weights of its layers in 8 bits, `-fp8` at the end of its name; itself
  /// when it has 8 bits already.
  public var inFP8: Model {
    guard weights != .fp8 else { return self }
    var model = self
    model.name += "-fp8"
    model.weights = .fp8
    return model
  }

  /// Every model of the catalogue.
  ///
  /// **The one line to add when you add a model.**
  public static let all: [Model] = llama + qwen + opt + others
}
