extension Model {
  /// Llama and models of its architecture.
  ///
  /// Sources: `config.json` of each on Hugging Face; Llama 2 13B, Yi 6B and Yi 34B unverified.
  static let llama: [Model] = [
    llama("llama-2-7b", 32, 4096, 32, 32, ffn: 11008, vocab: 32000, context: 4096),
    llama("llama-2-13b", 40, 5120, 40, 40, ffn: 13824, vocab: 32000, context: 4096),
    llama("llama-2-70b", 80, 8192, 64, 8, ffn: 28672, vocab: 32000, context: 4096),
    llama("llama-3-8b", 32, 4096, 32, 8, ffn: 14336, vocab: 128_256, context: 8192),
    llama("llama-3.1-8b", 32, 4096, 32, 8, ffn: 14336, vocab: 128_256, context: 131_072),
    llama("llama-3-70b", 80, 8192, 64, 8, ffn: 28672, vocab: 128_256, context: 8192),
    llama("llama-3.1-70b", 80, 8192, 64, 8, ffn: 28672, vocab: 128_256, context: 131_072),
    llama("llama-3.3-70b", 80, 8192, 64, 8, ffn: 28672, vocab: 128_256, context: 131_072),
    llama("llama-3.1-405b", 126, 16384, 128, 8, ffn: 53248, vocab: 128_256, context: 131_072),
    llama("codellama-34b", 48, 8192, 64, 8, ffn: 22016, vocab: 32000, context: 16384),
    llama("internlm2-20b", 48, 6144, 48, 8, ffn: 16384, vocab: 92544, context: 32768),
    llama("yi-34b", 60, 7168, 56, 8, ffn: 20480, vocab: 64000, context: 4096),
    llama("yi-34b-200k", 60, 7168, 56, 8, ffn: 20480, vocab: 64000, context: 200_000),
    llama("yi-6b-200k", 32, 4096, 32, 4, ffn: 11008, vocab: 64000, context: 200_000),
  ]

  /// A Llama of so many layers, width, query heads and key heads; every head is 128 wide.
  private static func llama(
    _ name: String, _ layers: Int, _ hidden: Int, _ heads: Int, _ kvHeads: Int, ffn: Int,
    vocab: Int, context: Int
  ) -> Model {
    Model(
      name: name, family: "llama", layers: layers, hidden: hidden, heads: heads,
      kvHeads: kvHeads, headDim: 128, ffn: ffn, vocab: vocab, maxContext: context)
  }
}
