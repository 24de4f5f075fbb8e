internal import Experiment
public import Files
internal import Memory

/// What `martlet cache` is asked: which policies at which capacities.
public struct CacheQuestion: Sendable {
  /// A policy with its options, under the name by which results show it.
  struct Policy: Sendable {
    let text: String
    let type: any EvictionPolicy.Type
    let config: PolicyConfig
  }

  /// Which blocks of a prompt count.
  public enum Blocks: String, Sendable, CaseIterable {
    /// Every block, also a partial one at the end.
    case all
    /// Those that the prompt fills, which is what serving engines can share.
    case full

    /// The value of the column `variant`.
    var variant: String {
      switch self {
      case .all: "all_blocks"
      case .full: "full_blocks_only"
      }
    }
  }

  let policies: [Policy]
  let capacities: [Int]
  let order: VisitOrder
  let blocks: Blocks

  /// The question as the command line has it: `lru,lru-k:k=3` or `all`; `100,1000` or
  /// `100..100000` for four capacities a decade, in blocks; `rev` or `fwd`; `all` or `full`.
  ///
  /// - Throws: `ConfigError` for a name, an option or a capacity that cannot be used.
  public init(
    policies: String, capacities: String, order: String, blocks: String
  ) throws(ConfigError) {
    self.policies = try Self.policies(policies)
    self.capacities = try Self.capacities(capacities)
    guard let order = VisitOrder(rawValue: order) else {
      throw .unknown(
        "order", order, known: VisitOrder.allCases.map(\.rawValue), at: .flag("--order"))
    }
    guard let blocks = Blocks(rawValue: blocks) else {
      throw .unknown(
        "choice of blocks", blocks, known: Blocks.allCases.map(\.rawValue), at: .flag("--blocks"))
    }
    (self.order, self.blocks) = (order, blocks)
  }

  /// The policies whose names are known, for messages.
  public static var names: [String] { evictions.map { $0.name } }

  private static func policies(_ text: String) throws(ConfigError) -> [Policy] {
    let words = text == "all" ? names : text.split(separator: ",").map(String.init)
    guard !words.isEmpty else {
      throw ConfigError(.flag("--policies"), "names no policy; write all, or names and commas")
    }
    var result: [Policy] = []
    for word in words {
      let policy = try policy(word)
      guard !result.contains(where: { $0.text == word }) else {
        throw ConfigError(.flag("--policies"), "names \(word) twice")
      }
      result.append(policy)
    }
    return result
  }

  /// One policy: its name and, each after a colon, its options.
  private static func policy(_ text: String) throws(ConfigError) -> Policy {
    let place = Place.flag("--policies")
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard let type = evictions.first(where: { $0.name == parts[0] }) else {
      throw .unknown("eviction policy", parts[0], known: ["all"] + names, at: place)
    }
    var options: [PolicyConfig.Option] = []
    for part in parts.dropFirst() {
      guard let equals = part.firstIndex(of: "="), equals != part.startIndex else {
        throw ConfigError(
          place, "\"\(part)\" of \(text) is no option; write \(parts[0]):option=value")
      }
      options.append(
        PolicyConfig.Option(
          name: String(part[..<equals]), text: String(part[part.index(after: equals)...]),
          at: place))
    }
    let config = PolicyConfig(Located(parts[0], key: "eviction", at: place), options: options)
    try check(type, config)
    return Policy(text: text, type: type, config: config)
  }

  private static func check<E: EvictionPolicy>(
    _ type: E.Type, _ config: PolicyConfig
  ) throws(ConfigError) {
    _ = try decodeOptions(E.Options.self, from: config, kind: "eviction")
  }

  private static func capacities(_ text: String) throws(ConfigError) -> [Int] {
    var result: [Int] = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      if let dots = word.firstRange(of: "..") {
        let (low, high) = (
          try capacity(word[..<dots.lowerBound]), try capacity(word[dots.upperBound...])
        )
        guard low <= high else {
          throw ConfigError(.flag("--capacity"), "\(word) ends below its beginning")
        }
        result += spaced(low, high)
      } else {
        result.append(try capacity(word))
      }
    }
    var known: Set<Int> = []  // only looked up
    return result.filter { known.insert($0).inserted }
  }

  private static func capacity(_ text: Substring) throws(ConfigError) -> Int {
    guard let value = Int(text), (1...1 << 40).contains(value) else {
      throw ConfigError(
        .flag("--capacity"),
        "\"\(text)\" is no number of blocks; write one from 1 to \(1 << 40), several with commas, "
          + "or 100..100000 for four a decade")
    }
    return value
  }

  /// `low`, `high` and, between them, four values a decade from `low` on.
  private static func spaced(_ low: Int, _ high: Int) -> [Int] {
    let step = 10.0.squareRoot().squareRoot()
    var result: [Int] = []
    var value = Double(low)
    while value < Double(high) {
      result.append(Int(value.rounded()))
      value *= step
    }
    if result.last != high { result.append(high) }
    return result
  }
}
