internal import FoundationEssentials

extension Model {
  /// Values of `model_type` that can be read.
  public static let huggingFaceFamilies = [
    "llama", "mistral", "mixtral", "qwen2", "qwen2_moe", "qwen3", "qwen3_moe", "opt", "phi", "phi3",
    "internlm2", "deepseek_v2", "deepseek_v3",
  ]

  /// The model that a Hugging Face `config.json` describes; its name is that of the directory.
  ///
  /// - Throws: `CatalogError` naming the file when it cannot be read, and the key when it is
  ///   missing, has the wrong type or asks for something that is not modelled.
  public init(huggingFaceConfig path: String) throws(CatalogError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CatalogError("\(path): cannot be read; give the path of a config.json")
    }
    try self.init(huggingFaceConfig: [UInt8](data), path: path)
  }

  /// The model that `text`, the contents of the `config.json` at `path`, describes.
  ///
  /// - Throws: as `init(huggingFaceConfig:)`.
  public init(huggingFaceConfig text: [UInt8], path: String) throws(CatalogError) {
    let config = try HuggingFaceConfig(text, path: path)
    let family = try Self.family(config)
    let isOPT = family == "opt"
    let hidden = try config.essential("hidden_size")
    let heads = try config.essential("num_attention_heads")
    self.init(
      name: Self.name(path), family: family, layers: try config.essential("num_hidden_layers"),
      hidden: hidden, heads: heads, kvHeads: try config.integer("num_key_value_heads") ?? heads,
      headDim: 0, ffn: 0, vocab: try config.essential("vocab_size"),
      maxContext: try config.essential("max_position_embeddings"))
    isGated = !isOPT && family != "phi"
    tiesEmbeddings = try config.flag("tie_word_embeddings") ?? isOPT
    // OPT's position table is two rows longer than its context.
    learnedPositions = isOPT ? maxContext + 2 : 0
    normalizesHeads = family.hasPrefix("qwen3")
    latent = try Self.latent(config, family)
    if let latent {
      headDim = latent.plainWidth + latent.positionWidth
    } else {
      headDim = try Self.headDim(config, self)
    }
    experts = try Self.experts(config, family, layers: layers)
    if denseLayers > 0 {
      ffn = try config.essential(isOPT ? "ffn_dim" : "intermediate_size")
    }
    try readWindow(config)
    weights = try Self.weights(config)
    try check(config)
  }

  private static func name(_ path: String) -> String {
    let parts = path.split(separator: "/")
    guard parts.count > 1 else { return path }
    return String(parts[parts.count - 2])
  }

  private static func family(_ config: HuggingFaceConfig) throws(CatalogError) -> String {
    guard let family = try config.string("model_type") else {
      throw CatalogError("\(config.path): key \"model_type\" is missing")
    }
    guard huggingFaceFamilies.contains(family) else {
      let known = huggingFaceFamilies.joined(separator: ", ")
      throw config.fault("model_type", "\"\(family)\" is not modelled; known: \(known)")
    }
    return family
  }

  private static func headDim(
    _ config: HuggingFaceConfig, _ model: Model
  ) throws(CatalogError) -> Int {
    if let explicit = try config.integer("head_dim") { return explicit }
    // Qwen 3 alone has a default that is not hidden / heads.
    if model.family == "qwen3" { return 128 }
    guard model.hidden % model.heads == 0 else {
      throw config.fault(
        "num_attention_heads",
        "\(model.heads) does not divide hidden_size \(model.hidden); give head_dim")
    }
    return model.hidden / model.heads
  }

  private static func latent(
    _ config: HuggingFaceConfig, _ family: String
  ) throws(CatalogError) -> LatentAttention? {
    guard family.hasPrefix("deepseek") else { return nil }
    return LatentAttention(
      queryRank: try config.integer("q_lora_rank") ?? 0,
      keyValueRank: try config.essential("kv_lora_rank"),
      plainWidth: try config.essential("qk_nope_head_dim"),
      positionWidth: try config.essential("qk_rope_head_dim"),
      valueWidth: try config.essential("v_head_dim"))
  }

  private static func experts(
    _ config: HuggingFaceConfig, _ family: String, layers: Int
  ) throws(CatalogError) -> Experts? {
    let isDeepSeek = family.hasPrefix("deepseek")
    let isMixed = ["mixtral", "qwen2_moe", "qwen3_moe"].contains(family)
    let routed = try config.integer("n_routed_experts")
    guard isMixed || isDeepSeek && routed != nil else { return nil }
    for key in ["decoder_sparse_step", "moe_layer_freq"] where try config.integer(key) ?? 1 != 1 {
      throw config.fault(key, "other than 1 is not modelled")
    }
    guard !config.hasElements("mlp_only_layers") else {
      throw config.fault("mlp_only_layers", "is not empty, which is not modelled")
    }
    let width = try config.essential(
      family == "mixtral" ? "intermediate_size" : "moe_intermediate_size")
    var shared = try config.integer("shared_expert_intermediate_size", least: 0) ?? 0
    if isDeepSeek { shared = (try config.integer("n_shared_experts", least: 0) ?? 0) * width }
    var count = routed ?? 0
    if routed == nil { count = try config.essential("num_local_experts", "num_experts") }
    let experts = Experts(
      count: count,
      perToken: try config.essential("num_experts_per_tok"), ffn: width, sharedFFN: shared,
      denseLayers: try config.integer("first_k_dense_replace", least: 0) ?? 0)
    guard experts.perToken <= experts.count else {
      throw config.fault("num_experts_per_tok", "exceeds the \(experts.count) experts of a layer")
    }
    guard experts.denseLayers <= layers else {
      throw config.fault("first_k_dense_replace", "exceeds the \(layers) layers")
    }
    return experts
  }

  /// Qwen declares a window that only `use_sliding_window` turns on, from `max_window_layers` up.
  private mutating func readWindow(_ config: HuggingFaceConfig) throws(CatalogError) {
    guard let declared = try config.integer("sliding_window") else { return }
    guard try config.flag("use_sliding_window") ?? !family.hasPrefix("qwen") else { return }
    let full =
      family.hasPrefix("qwen") ? try config.integer("max_window_layers", least: 0) ?? 0 : 0
    guard full < layers else { return }
    window = declared
    windowedLayers = layers - full
  }

  /// 32-bit checkpoints are served in 16 bits, as vLLM's `dtype: auto` does.
  private static func weights(_ config: HuggingFaceConfig) throws(CatalogError) -> Precision {
    if let method = try config.quantization() {
      guard method == "fp8" else {
        throw config.fault(
          "quantization_config", "asks for \"\(method)\", which is not modelled; known: fp8")
      }
      return .fp8
    }
    for key in ["torch_dtype", "dtype"] {
      guard let type = try config.string(key) else { continue }
      if type.hasPrefix("float8") { return .fp8 }
      guard ["bfloat16", "float16", "float32", "auto"].contains(type) else {
        throw config.fault(key, "\"\(type)\" is not modelled; known: bfloat16, float16, float32")
      }
      return .bf16
    }
    return .bf16
  }

  private func check(_ config: HuggingFaceConfig) throws(CatalogError) {
    guard heads % kvHeads == 0 else {
      throw config.fault("num_key_value_heads", "\(kvHeads) does not divide the \(heads) heads")
    }
    let projected = try config.integer("word_embed_proj_dim") ?? hidden
    guard projected == hidden else {
      throw config.fault("word_embed_proj_dim", "other than hidden_size is not modelled")
    }
  }
}
