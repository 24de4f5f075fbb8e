internal import Files

/// Turns names and texts into a flat struct of plain values.
struct OptionDecoder: Decoder {
  /// Text of every option by its name in the file; only looked up, never iterated.
  let texts: [String: String]
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(
    keyedBy type: Key.Type
  ) throws -> KeyedDecodingContainer<Key> { KeyedDecodingContainer(Keyed<Key>(decoder: self)) }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw fault("is no list") }

  func singleValueContainer() throws -> any SingleValueDecodingContainer {
    Single(decoder: self)
  }

  fileprivate var text: String {
    codingPath.last.flatMap { texts[snakeCase($0.stringValue)] } ?? ""
  }

  fileprivate func fault(_ message: String) -> DecodingError {
    .dataCorrupted(.init(codingPath: codingPath, debugDescription: message))
  }

  fileprivate func at(_ key: some CodingKey) -> OptionDecoder {
    OptionDecoder(texts: texts, codingPath: codingPath + [key])
  }
}

private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: OptionDecoder
  var codingPath: [any CodingKey] { decoder.codingPath }
  var allKeys: [Key] { [] }

  func contains(_ key: Key) -> Bool { decoder.texts[snakeCase(key.stringValue)] != nil }
  func decodeNil(forKey key: Key) throws -> Bool { false }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    let decoder = decoder.at(key)
    do {
      return try Value(from: decoder)
    } catch {
      // The standard library says which raw value failed, not which are known.
      guard let cases = type as? any CaseIterable.Type else { throw error }
      let known = names(of: cases)
      let guess = nearest(decoder.text, in: known).map { " (did you mean \"\($0)\"?)" } ?? ""
      throw decoder.fault(
        "\"\(decoder.text)\" is unknown\(guess); known: \(known.joined(separator: ", "))")
    }
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<NestedKey> { throw decoder.at(key).fault("is no struct") }
  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    throw decoder.at(key).fault("is no list")
  }
  func superDecoder() throws -> any Decoder { decoder }
  func superDecoder(forKey key: Key) throws -> any Decoder { decoder.at(key) }
}

/// The texts of every case of an enumeration.
private func names<Cases: CaseIterable>(of type: Cases.Type) -> [String] {
  type.allCases.map { one in
    if let raw = one as? any RawRepresentable { return "\(raw.rawValue)" }
    return "\(one)"
  }
}

private struct Single: SingleValueDecodingContainer {
  let decoder: OptionDecoder
  var codingPath: [any CodingKey] { decoder.codingPath }

  func decodeNil() -> Bool { false }
  func decode(_ type: String.Type) throws -> String { decoder.text }
  func decode(_ type: Bool.Type) throws -> Bool {
    guard let value = Scalar.bool(decoder.text) else {
      throw decoder.fault("\"\(decoder.text)\" is not a truth value; write true or false")
    }
    return value
  }
  func decode(_ type: Double.Type) throws -> Double {
    guard let value = Scalar.number(decoder.text) else {
      throw decoder.fault("\"\(decoder.text)\" is not a number")
    }
    return value
  }
  func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
  func decode(_ type: Int.Type) throws -> Int { try whole() }
  func decode(_ type: Int8.Type) throws -> Int8 { try whole() }
  func decode(_ type: Int16.Type) throws -> Int16 { try whole() }
  func decode(_ type: Int32.Type) throws -> Int32 { try whole() }
  func decode(_ type: Int64.Type) throws -> Int64 { try whole() }
  func decode(_ type: UInt.Type) throws -> UInt { try whole() }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try whole() }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try whole() }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try whole() }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try whole() }
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: decoder) }

  private func whole<Whole: FixedWidthInteger>() throws -> Whole {
    guard let value = Scalar.whole(decoder.text).flatMap(Whole.init(exactly:)) else {
      throw decoder.fault(
        "\"\(decoder.text)\" is not a whole number from \(Whole.min) to \(Whole.max)")
    }
    return value
  }
}
