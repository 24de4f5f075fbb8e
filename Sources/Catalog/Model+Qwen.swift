extension Model {
  /// Qwen 2, Qwen 2.5 and Qwen 3.
  ///
  /// Sources: `config.json` of each on Hugging Face; unverified but for Qwen 3 32B and 30B.
  static let qwen: [Model] = [
    qwen2("qwen2-7b", 28, 3584, 28, 4, ffn: 18944),
    qwen2("qwen2-72b", 80, 8192, 64, 8, ffn: 29568),
    qwen2("qwen2.5-7b", 28, 3584, 28, 4, ffn: 18944),
    qwen2("qwen2.5-14b", 48, 5120, 40, 8, ffn: 13824),
    qwen2("qwen2.5-32b", 64, 5120, 40, 8, ffn: 27648),
    qwen2("qwen2.5-72b", 80, 8192, 64, 8, ffn: 29568),
    qwen3("qwen3-8b", 36, 4096, 32, ffn: 12288),
    qwen3("qwen3-14b", 40, 5120, 40, ffn: 17408),
    qwen3("qwen3-32b", 64, 5120, 64, ffn: 25600),
    qwen3MoE("qwen3-30b-a3b", 48, 2048, 32, ffn: 768),
    qwen3MoE("qwen3-235b-a22b", 94, 4096, 64, ffn: 1536),
  ]

  private static func qwen3(
    _ name: String, _ layers: Int, _ hidden: Int, _ heads: Int, ffn: Int
  ) -> Model {
    var model = Model(
      name: name, family: "qwen3", layers: layers, hidden: hidden, heads: heads, kvHeads: 8,
      headDim: 128, ffn: ffn, vocab: 151_936, maxContext: 40960)
    model.normalizesHeads = true
    return model
  }

  private static func qwen2(
    _ name: String, _ layers: Int, _ hidden: Int, _ heads: Int, _ kvHeads: Int, ffn: Int
  ) -> Model {
    Model(
      name: name, family: "qwen2", layers: layers, hidden: hidden, heads: heads,
      kvHeads: kvHeads, headDim: 128, ffn: ffn, vocab: 152_064, maxContext: 131_072)
  }

  /// 128 experts in every layer; the dense width of its configuration is unused.
  private static func qwen3MoE(
    _ name: String, _ layers: Int, _ hidden: Int, _ heads: Int, ffn: Int
  ) -> Model {
    var model = Model(
      name: name, family: "qwen3_moe", layers: layers, hidden: hidden, heads: heads, kvHeads: 4,
      headDim: 128, ffn: 0, vocab: 151_936, maxContext: 40960)
    model.experts = Experts(count: 128, perToken: 8, ffn: ffn)
    model.normalizesHeads = true
    return model
  }
}
