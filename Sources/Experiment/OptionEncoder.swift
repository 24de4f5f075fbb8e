internal import Files

/// Turns a flat struct of plain values into names and texts.
///
/// Foundation's coders would do, at the price of loading it; options are a few lines of text.
struct OptionEncoder: Encoder {
  /// The names and texts so far; shared by the containers, which `Encoder` hands out as values.
  final class Texts {
    var entries: [(name: String, text: String)] = []
  }

  let texts: Texts
  let key: (any CodingKey)?
  var codingPath: [any CodingKey] { key.map { [$0] } ?? [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  init() {
    texts = Texts()
    key = nil
  }

  private init(_ texts: Texts, _ key: any CodingKey) {
    self.texts = texts
    self.key = key
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(Keyed<Key>(encoder: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    preconditionFailure("an option cannot be a list")
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { Single(encoder: self) }

  fileprivate func add(_ value: some Any) {
    texts.entries.append((snakeCase(key?.stringValue ?? ""), "\(value)"))
  }

  fileprivate func encode<Value: Encodable>(_ value: Value, for key: any CodingKey) throws {
    try value.encode(to: OptionEncoder(texts, key))
  }
}

private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let encoder: OptionEncoder
  var codingPath: [any CodingKey] { encoder.codingPath }

  func encodeNil(forKey key: Key) throws { throw notPlain("nothing", key) }
  // The standard types encode themselves into a single value, so one verb serves them all.
  func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
    guard encoder.key == nil else { throw notPlain("a struct", key) }
    try encoder.encode(value, for: key)
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> { preconditionFailure("option \(key) is a struct") }
  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    preconditionFailure("option \(key) is a list")
  }
  func superEncoder() -> any Encoder { encoder }
  func superEncoder(forKey key: Key) -> any Encoder { encoder }

  private func notPlain(_ what: String, _ key: Key) -> EncodingError {
    .invalidValue(
      key.stringValue, .init(codingPath: codingPath + [key], debugDescription: "is \(what)"))
  }
}

private struct Single: SingleValueEncodingContainer {
  let encoder: OptionEncoder
  var codingPath: [any CodingKey] { encoder.codingPath }

  func encodeNil() throws { encoder.add("null") }
  func encode(_ value: Bool) throws { encoder.add(value) }
  func encode(_ value: String) throws { encoder.add(value) }
  func encode(_ value: Double) throws { encoder.add(value) }
  func encode(_ value: Float) throws { encoder.add(value) }
  func encode(_ value: Int) throws { encoder.add(value) }
  func encode(_ value: Int8) throws { encoder.add(value) }
  func encode(_ value: Int16) throws { encoder.add(value) }
  func encode(_ value: Int32) throws { encoder.add(value) }
  func encode(_ value: Int64) throws { encoder.add(value) }
  func encode(_ value: UInt) throws { encoder.add(value) }
  func encode(_ value: UInt8) throws { encoder.add(value) }
  func encode(_ value: UInt16) throws { encoder.add(value) }
  func encode(_ value: UInt32) throws { encoder.add(value) }
  func encode(_ value: UInt64) throws { encoder.add(value) }
  func encode<Value: Encodable>(_ value: Value) throws { try value.encode(to: encoder) }
}
