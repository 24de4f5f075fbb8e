public import Files
internal import Workload

/// What the prompts of a job begin with: a tree of texts.
public struct PrefixTreeConfig: Sendable {
  /// The texts that follow one of the level above.
  public struct Level: Sendable {
    /// How many there are.
    public var children: Located<DistributionConfig>
    /// Tokens of each.
    public var tokens: Located<DistributionConfig>
  }
  /// From what all begin with downwards.
  public var levels: [Level]
  /// Requests of a path.
  public var members: Located<DistributionConfig>
  /// `shuffled` or `grouped`: the order in which they come.
  public var order: String
  /// Tokens of a block by which prompts are compared.
  public var blockSize: Int
  /// Where the block was written.
  public var place: Place

  /// Every distribution in the order of the keys.
  package var distributions: [DistributionConfig] {
    levels.flatMap { [$0.children.value, $0.tokens.value] } + [members.value]
  }

  /// Reads the block `workload.generate.prefix_tree`.
  init(_ field: Field) throws(ConfigError) {
    self = try MappingReader.read(
      field.node, path: field.key, at: field.place,
      keys: ["levels", "members", "order", "block_size"]
    ) { (r) throws(ConfigError) in
      let order = try r.text("order", default: "shuffled")
      guard ["shuffled", "grouped"].contains(order.value) else {
        throw .unknown(
          "value of \(order.key)", order.value, known: ["shuffled", "grouped"], at: order.place)
      }
      let hint = "a list: - {children: …, tokens: …}"
      return PrefixTreeConfig(
        levels: try Self.levels(try r.required("levels", hint)),
        members: try r.lengths("members", "{distribution: fixed, value: 16}"), order: order.value,
        blockSize: try r.whole("block_size", default: 16, in: 1...65536).value, place: field.place)
    }
  }

  private init(
    levels: [Level], members: Located<DistributionConfig>, order: String, blockSize: Int,
    place: Place
  ) {
    self.levels = levels
    self.members = members
    self.order = order
    self.blockSize = blockSize
    self.place = place
  }

  /// Refuses a tree beside sessions.
  func check(against sessions: SessionsConfig?) throws(ConfigError) {
    guard let sessions else { return }
    throw ConfigError(
      place, key: "workload.generate.prefix_tree",
      "stands beside sessions (\(sessions.place)); write workload.generate.sessions.prefixes")
  }

  /// The end of requests that begin as it says.
  func extent(
    _ r: inout MappingReader
  ) throws(ConfigError) -> Located<GenerateConfig.Extent> {
    for key in ["requests", "duration"] {
      guard let other = r.optional(key) else { continue }
      throw other.error(
        "stands beside prefix_tree (\(place)), which says how many requests there are")
    }
    return Located(.tree, key: "workload.generate.prefix_tree", at: place)
  }

  private static func levels(_ field: Field) throws(ConfigError) -> [Level] {
    guard case .sequence(let nodes) = field.node.content, !nodes.isEmpty else {
      throw field.error(
        "is \(field.node.found); write a list of levels: - {children: …, tokens: …}")
    }
    var levels: [Level] = []
    for (i, node) in nodes.enumerated() {
      let item = Field(node: node, key: "\(field.key)[\(i)]", place: node.place)
      let level = try MappingReader.read(
        item.node, path: item.key, at: item.place, keys: ["children", "tokens"]
      ) { (r) throws(ConfigError) in
        Level(
          children: try r.lengths("children", "{distribution: fixed, value: 400}"),
          tokens: try r.lengths("tokens", "{distribution: fixed, value: 2000}"))
      }
      levels.append(level)
    }
    return levels
  }
}

extension YAMLWriter {
  /// The block `prefix_tree` of generated requests.
  mutating func prefixTree(_ tree: PrefixTreeConfig, path: (String) -> String) {
    block("prefix_tree") { out in
      let levels = tree.levels.map { level in
        Self.inline([
          (
            "children",
            Self.inline(level.children.value.parameters(path: path, isTime: false))
          ),
          ("tokens", Self.inline(level.tokens.value.parameters(path: path, isTime: false))),
        ])
      }
      out.key("levels", "[\(levels.joined(separator: ", "))]")
      out.distribution("members", tree.members.value, path: path)
      out.key("order", tree.order)
      out.key("block_size", "\(tree.blockSize)")
    }
  }
}

extension Assembly {
  /// The tree that `config` describes.
  static func prefixTree(_ config: PrefixTreeConfig) throws(ConfigError) -> PrefixTree {
    var levels: [PrefixTree.Level] = []
    for level in config.levels {
      levels.append(
        PrefixTree.Level(
          children: try distribution(level.children), tokens: try distribution(level.tokens)))
    }
    var tree = PrefixTree(levels, members: try distribution(config.members))
    tree.isShuffled = config.order == "shuffled"
    tree.tokensPerBlock = Int32(config.blockSize)
    return tree
  }
}
