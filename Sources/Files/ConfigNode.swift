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

    /// `value` at `key`, which was written at `place`.
    package init(key: String, place: Place, value: ConfigNode) {
      self.key = key
      self.place = place
      self.value = value
    }
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
  package var found: String {
    switch content {
    case .null: "nothing"
    case .scalar(let text, _): "\"\(text)\""
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}
