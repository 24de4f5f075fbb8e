/// The keys of a JSON file with one result: a summary.json, or what `vllm bench serve` writes.
package struct ResultObject: Sendable {
  /// The file.
  package let path: String
  /// Keys in the order of the file with their text; nil for null, lists and objects.
  package let entries: [(key: String, text: String?)]

  /// Largest file that is read, bytes: the detailed results of vLLM hold every gap.
  private static let limit = 1 << 30

  /// Reads the file at `path`; lists and objects in it are passed over.
  ///
  /// - Throws: `ConfigError` when it cannot be read or is no JSON object.
  package init(readingFrom path: String) throws(ConfigError) {
    let bytes: [UInt8]
    do {
      bytes = try Posix.readAll(path, limit: Self.limit)
    } catch {
      throw ConfigError(.file(path), "cannot be read: \(error.reason)")
    }
    try self.init(bytes, path: path)
  }

  /// Reads `bytes`, which stand in the file at `path`.
  ///
  /// - Throws: `ConfigError` when they are no JSON object.
  package init(_ bytes: [UInt8], path: String) throws(ConfigError) {
    self.path = path
    let head = String(decoding: Self.withoutLists(bytes), as: UTF8.self)
    guard case .mapping(let entries) = try ConfigNode(yaml: head, file: path).content else {
      throw ConfigError(
        .file(path), "is no JSON object, as martlet run and vllm bench serve --save-result write")
    }
    self.entries = entries.map { entry in
      guard case .scalar(let text, _) = entry.value.content else { return (entry.key, nil) }
      return (entry.key, text)
    }
  }

  /// Whether there is a key called `key`.
  package func has(_ key: String) -> Bool { entries.contains { $0.key == key } }

  /// The text of `key`; nil when it has none.
  package func text(_ key: String) -> String? { entries.first { $0.key == key }?.text }

  /// `bytes` with `null` in place of every list and object inside the outermost object.
  private static func withoutLists(_ bytes: [UInt8]) -> [UInt8] {
    var kept: [UInt8] = []
    var (depth, isText, isEscaped) = (0, false, false)
    for byte in bytes {
      let wasInside = depth > 1
      if isText {
        isText = isEscaped || byte != UInt8(ascii: "\"")
        isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
      } else {
        switch byte {
        case UInt8(ascii: "\""): isText = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        default: break
        }
      }
      if !wasInside, depth > 1 { kept += Array("null".utf8) }
      if !wasInside, depth <= 1 { kept.append(byte) }
    }
    return kept
  }
}
