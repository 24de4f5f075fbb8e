extension Model {
  /// Mistral, Mixtral, Phi, BLOOM and DeepSeek.
  static let others: [Model] = [mistral, mixtral, phi2, bloom, deepSeekV3]

  /// Mistral 7B of version 0.1, the one with the window.
  ///
  /// Source: Mistral 7B paper, Table 1; `config.json` on Hugging Face, unverified.
  private static let mistral: Model = {
    var model = Model(
      name: "mistral-7b-v0.1", family: "mistral", layers: 32, hidden: 4096, heads: 32,
      kvHeads: 8, headDim: 128, ffn: 14336, vocab: 32000, maxContext: 32768)
    model.window = 4096
    model.windowedLayers = 32
    return model
  }()

  /// Mixtral with experts in every layer.
  ///
  /// Source: `config.json` on Hugging Face.
  private static let mixtral: Model = {
    var model = Model(
      name: "mixtral-8x7b", family: "mixtral", layers: 32, hidden: 4096, heads: 32, kvHeads: 8,
      headDim: 128, ffn: 0, vocab: 32000, maxContext: 32768)
    model.experts = Experts(count: 8, perToken: 2, ffn: 14336)
    return model
  }()

  /// Phi-2.
  ///
  /// Source: `config.json` on Hugging Face.
  private static let phi2: Model = {
    var model = Model(
      name: "phi-2", family: "phi", layers: 32, hidden: 2560, heads: 32, kvHeads: 32, headDim: 80,
      ffn: 10240, vocab: 51200, maxContext: 2048)
    model.isGated = false
    return model
  }()

  /// BLOOM with one table of embeddings and biases by distance in place of positions.
  ///
  /// Source: `config.json` on Hugging Face, unverified.
  private static let bloom: Model = {
    var model = Model(
      name: "bloom-176b", family: "bloom", layers: 70, hidden: 14336, heads: 112, kvHeads: 112,
      headDim: 128, ffn: 57344, vocab: 250_880, maxContext: 2048)
    model.isGated = false
    model.tiesEmbeddings = true
    return model
  }()

  /// DeepSeek-V3 with weights in 8 bits, as published, without its multi-token prediction layer.
  ///
  /// Source: `config.json` on Hugging Face; DeepSeek-V3 technical report, §4.2.
  private static let deepSeekV3: Model = {
    var model = Model(
      name: "deepseek-v3", family: "deepseek_v3", layers: 61, hidden: 7168, heads: 128,
      kvHeads: 128, headDim: 192, ffn: 18432, vocab: 129_280, maxContext: 163_840)
    model.experts = Experts(
      count: 256, perToken: 8, ffn: 2048, sharedFFN: 2048, denseLayers: 3)
    model.latent = LatentAttention(
      queryRank: 1536, keyValueRank: 512, plainWidth: 128, positionWidth: 64, valueWidth: 128)
    model.weights = .fp8
    return model
  }()
}
