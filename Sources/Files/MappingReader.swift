package import Units

/// Reads one mapping of a file strictly: a key that is not asked for is an error.
package struct MappingReader {
  /// Full name of the mapping, such as `engine`; empty for the whole file.
  package let path: String
  /// Where the mapping begins.
  package let place: Place
  private let entries: [ConfigNode.Entry]
  private let keys: [String]
  private var asked: Set<String> = []

  /// Lets `body` read the mapping `node`, in which only `keys` may stand; nil and nothing are an
  /// empty mapping.
  ///
  /// Unknown keys are refused before `body` runs, so that a misspelt key is not reported as a
  /// missing one. `body` must ask for every key that stands there.
  package static func read<Value>(
    _ node: ConfigNode?, path: String, at place: Place, keys: [String],
    _ body: (inout MappingReader) throws(ConfigError) -> Value
  ) throws(ConfigError) -> Value {
    var reader = try MappingReader(node, path: path, at: place, keys: keys)
    let value = try body(&reader)
    for entry in reader.entries where !reader.asked.contains(entry.key) {
      throw ConfigError(entry.place, key: reader.name(entry.key), "has no meaning here")
    }
    return value
  }

  private init(
    _ node: ConfigNode?, path: String, at place: Place, keys: [String]
  ) throws(ConfigError) {
    self.path = path
    // What a file lacks has no line.
    self.place = path.isEmpty ? place : node?.place ?? place
    self.keys = keys
    switch node?.content {
    case .mapping(let entries): self.entries = entries
    case nil, .null: entries = []
    default:
      let what = path.isEmpty ? "expected" : "is \(node?.found ?? "nothing"); write"
      let list = keys.joined(separator: ", ")
      throw ConfigError(
        node?.place ?? place, key: path, "\(what) a mapping with the keys \(list)")
    }
    for entry in entries where !keys.contains(entry.key) {
      throw .unknown("key", entry.key, known: keys, at: entry.place)
    }
  }

  /// Full name of `key`.
  package func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// What stands at `key`; nil when it is absent, nothing or `null`.
  package mutating func optional(_ key: String) -> Field? {
    guard let field = written(key) else { return nil }
    if case .null = field.node.content { return nil }
    return field
  }

  /// What stands at `key`; nil when it is absent, an error when it has no value.
  package mutating func field(_ key: String) throws(ConfigError) -> Field? {
    guard let field = written(key) else { return nil }
    if case .null = field.node.content {
      throw field.error("has no value; write one or leave the key out")
    }
    return field
  }

  /// What stands at `key`, which must be there; `hint` says what to write.
  package mutating func required(_ key: String, _ hint: String) throws(ConfigError) -> Field {
    if let field = optional(key) { return field }
    if let field = written(key) { throw field.error("has no value; write \(hint)") }
    throw ConfigError(place, "\(name(key)) is missing; write \(hint)")
  }

  private mutating func written(_ key: String) -> Field? {
    precondition(keys.contains(key), "\(name(key)) is read but not among the known keys")
    asked.insert(key)
    guard let entry = entries.first(where: { $0.key == key }) else { return nil }
    return Field(node: entry.value, key: name(key), place: entry.place)
  }
}

extension MappingReader {
  /// The value `value` as the default of `key`.
  package func standing<Value: Sendable>(_ value: Value, for key: String) -> Located<Value> {
    Located(value, key: name(key), at: place)
  }

  /// Text; `standing` when the key is absent.
  package mutating func text(_ key: String, default standing: String) throws(ConfigError)
    -> Located<String>
  {
    guard let field = try field(key) else { return self.standing(standing, for: key) }
    return field.located(try field.text())
  }

  /// A truth value.
  package mutating func bool(_ key: String, default standing: Bool) throws(ConfigError) -> Located<
    Bool
  > {
    guard let field = try field(key) else { return self.standing(standing, for: key) }
    return field.located(try field.bool())
  }

  /// A whole number in `range`.
  package mutating func whole(
    _ key: String, default standing: Int, in range: ClosedRange<Int>
  ) throws(ConfigError) -> Located<Int> {
    guard let field = try field(key) else { return self.standing(standing, for: key) }
    return field.located(try field.whole(in: range))
  }

  /// A whole number in `range`, or nil when there is none.
  package mutating func whole(
    _ key: String, in range: ClosedRange<Int>
  ) throws(ConfigError) -> Located<Int>? {
    guard let field = optional(key) else { return nil }
    return field.located(try field.whole(in: range))
  }

  /// A number in `range`.
  package mutating func number(
    _ key: String, default standing: Double, in range: NumberRange
  ) throws(ConfigError) -> Located<Double> {
    guard let field = try field(key) else { return self.standing(standing, for: key) }
    return field.located(try field.number(in: range))
  }

  /// A number in `range`, or nil when there is none.
  package mutating func number(
    _ key: String, in range: NumberRange
  ) throws(ConfigError) -> Located<Double>? {
    guard let field = optional(key) else { return nil }
    return field.located(try field.number(in: range))
  }

  /// An amount with its unit.
  package mutating func quantity<Amount: Quantity>(
    _ key: String, default standing: Amount, in range: NumberRange
  ) throws(ConfigError) -> Located<Amount> {
    guard let field = try field(key) else { return self.standing(standing, for: key) }
    return field.located(try field.quantity(in: range))
  }
}
