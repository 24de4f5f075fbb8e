extension Model {
  /// OPT: multi-head attention, two-matrix feed-forward blocks, tied embeddings, learned positions.
  ///
  /// Sources: OPT paper, Table 1; `config.json` of each on Hugging Face (30B and 175B unverified).
  static let opt: [Model] = [
    opt("opt-6.7b", layers: 32, heads: 32),
    opt("opt-13b", layers: 40, heads: 40),
    opt("opt-30b", layers: 48, heads: 56),
    opt("opt-66b", layers: 64, heads: 72),
    opt("opt-175b", layers: 96, heads: 96),
  ]

  private static func opt(_ name: String, layers: Int, heads: Int) -> Model {
    let hidden = 128 * heads
    var model = Model(
      name: name, family: "opt", layers: layers, hidden: hidden, heads: heads, kvHeads: heads,
      headDim: 128, ffn: 4 * hidden, vocab: 50272, maxContext: 2048)
    model.isGated = false
    model.tiesEmbeddings = true
    // The position table is two rows longer than the context (padding offset of its ancestor).
    model.learnedPositions = 2050
    return model
  }
}
