extension Model {
  /// Qwen 2.5 and Qwen 3.
  ///
  /// Sources: `config.json` of each on Hugging Face; Qwen 2.5 unverified.
  static let qwen: [Model] = [
    qwen2("qwen2.5-7b", 28, 3584, 28, 4, ffn: 18944),
    qwen2("qwen2.5-14b", 48, 5120, 40, 8, ffn: 13824),
    qwen2("qwen2.5-32b", 64, 5120, 40, 8, ffn: 27648),
    qwen2("qwen2.5-72b", 80, 8192, 64, 8, ffn: 29568),
    Model(
      name: "qwen3-32b", family: "qwen3", layers: 64, hidden: 5120, heads: 64, kvHeads: 8,
      headDim: 128, ffn: 25600, vocab: 151_936, maxContext: 40960),
    qwen3MoE,
  ]

  private static func qwen2(
    _ name: String, _ layers: Int, _ hidden: Int, _ heads: Int, _ kvHeads: Int, ffn: Int
  ) -> Model {
    Model(
      name: name, family: "qwen2", layers: layers, hidden: hidden, heads: heads,
      kvHeads: kvHeads, headDim: 128, ffn: ffn, vocab: 152_064, maxContext: 131_072)
  }

  /// 128 experts in every layer; the dense width of its configuration is unused.
  private static let qwen3MoE: Model = {
    var model = Model(
      name: "qwen3-30b-a3b", family: "qwen3_moe", layers: 48, hidden: 2048, heads: 32,
      kvHeads: 4, headDim: 128, ffn: 0, vocab: 151_936, maxContext: 40960)
    model.experts = Experts(count: 128, perToken: 8, ffn: 768)
    return model
  }()
}
