/// A YAML value that knows where it was written.
public struct ConfigNode: Sendable {
  /// One key of a mapping.
  public struct Entry: Sendable {
    /// The key as text.
    public var key: String
    /// Where the key was written.
    public var place: Place
    /// What follows it.
    public var value: ConfigNode
  }
  /// The three shapes of YAML, and nothing.
  public indirect enum Content: Sendable {
    /// No value: an empty one, `null` or `~`.
    case null
    /// Text; `quoted` text is never a number or a truth value.
    case scalar(String, quoted: Bool)
    /// Values in order.
    case sequence([ConfigNode])
    /// Keys in the order of the file, each once.
    case mapping([Entry])
  }

  /// The value.
  public var content: Content
  /// Where it begins.
  public var place: Place

  /// A value that begins at `place`.
  public init(_ content: Content, at place: Place) {
    self.content = content
    self.place = place
  }

  /// What a reader is told was found: `text "abc"`, `a list`, `a mapping`, `nothing`.
  var found: String {
    switch content {
    case .null: "nothing"
    case .scalar(let text, _): "\"\(text)\""
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}

extension ConfigNode {
  /// Sets the value at the dotted `path`, making the mappings on the way.
  ///
  /// A policy written as a bare name becomes a mapping with that name, so that its options can be
  /// reached: `engine.scheduler.max_num_seqs` works beside `scheduler: vllm-v1`.
  ///
  /// - Throws: `ConfigError` when a value on the way is neither a mapping nor a policy's name.
  mutating func set(
    _ path: ArraySlice<Substring>, to value: ConfigNode, under parent: String = ""
  ) throws(ConfigError) {
    guard let key = path.first else {
      self = value
      return
    }
    var entries: [Entry]
    switch content {
    case .mapping(let old): entries = old
    case .null: entries = []
    case .scalar where ExperimentConfig.policyKeys.contains(parent):
      entries = [Entry(key: "name", place: place, value: self)]
    default:
      throw ConfigError(
        value.place, "\(parent) is \(found) at \(place), not a mapping; it has no key \"\(key)\"")
    }
    let name = parent.isEmpty ? String(key) : "\(parent).\(key)"
    let index = entries.firstIndex { $0.key == key }
    var child = index.map { entries[$0].value } ?? ConfigNode(.null, at: value.place)
    try child.set(path.dropFirst(), to: value, under: name)
    if let index {
      entries[index].value = child
      if path.count == 1 { entries[index].place = value.place }
    } else {
      entries.append(Entry(key: String(key), place: value.place, value: child))
    }
    content = .mapping(entries)
  }
}
