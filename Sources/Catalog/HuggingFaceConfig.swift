internal import FoundationEssentials

/// One value of a JSON document.
private indirect enum JSON: Decodable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case list([JSON])
  case object([String: JSON])

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let it = try? value.decode(Bool.self) {
      self = .bool(it)
    } else if let it = try? value.decode(Double.self) {
      self = .number(it)
    } else if let it = try? value.decode(String.self) {
      self = .string(it)
    } else if let it = try? value.decode([JSON].self) {
      self = .list(it)
    } else {
      self = .object(try value.decode([String: JSON].self))
    }
  }

  /// What an error message calls the value.
  var name: String {
    switch self {
    case .null: "null"
    case .bool(let it): "\(it)"
    case .number(let it): "\(it)"
    case .string(let it): "\"\(it)\""
    case .list: "a list"
    case .object: "an object"
    }
  }
}

/// The keys of a Hugging Face `config.json`, read by type.
///
/// A key that is `null` counts as absent, as in the library's own reader; keys that nobody asks
/// for are tolerated, since these files carry many.
struct HuggingFaceConfig {
  /// Path of the file, for messages.
  let path: String
  private let text: [UInt8]
  private let fields: [String: JSON]

  /// Parses `text`, the contents of the file at `path`.
  ///
  /// A configuration that nests its language model under `text_config` is read there; what the
  /// nested block lacks is looked up outside.
  ///
  /// - Throws: `CatalogError` when the text is not one JSON object.
  init(_ text: [UInt8], path: String) throws(CatalogError) {
    self.path = path
    self.text = text
    let root: JSON
    do {
      root = try JSONDecoder().decode(JSON.self, from: Data(text))
    } catch {
      throw CatalogError("\(path): is not valid JSON; give a Hugging Face config.json")
    }
    guard case .object(var fields) = root else {
      throw CatalogError("\(path): must be a JSON object, not \(root.name)")
    }
    if case .object(let nested)? = fields["text_config"] {
      fields.merge(nested) { _, inner in inner }
    }
    self.fields = fields
  }

  /// The whole number under `key`, nil when absent.
  ///
  /// - Throws: `CatalogError` when there is something else or a number below `least`.
  func integer(_ key: String, least: Int = 1) throws(CatalogError) -> Int? {
    guard let value = present(key) else { return nil }
    guard case .number(let number) = value, let count = Int(exactly: number) else {
      throw fault(key, "is \(value.name), not a whole number")
    }
    guard count >= least && count <= 1 << 40 else {
      throw fault(key, "is \(count); it must be at least \(least)")
    }
    return count
  }

  /// The whole number under the first of `keys` that is present.
  ///
  /// - Throws: `CatalogError` when none is, or when it is no whole number.
  func essential(_ keys: String...) throws(CatalogError) -> Int {
    for key in keys {
      if let count = try integer(key) { return count }
    }
    throw CatalogError("\(path): key \"\(keys[0])\" is missing")
  }

  /// The truth value under `key`, nil when absent.
  ///
  /// - Throws: `CatalogError` when there is something else.
  func flag(_ key: String) throws(CatalogError) -> Bool? {
    guard let value = present(key) else { return nil }
    guard case .bool(let flag) = value else {
      throw fault(key, "is \(value.name), not true or false")
    }
    return flag
  }

  /// The text under `key`, nil when absent.
  ///
  /// - Throws: `CatalogError` when there is something else.
  func string(_ key: String) throws(CatalogError) -> String? {
    guard let value = present(key) else { return nil }
    guard case .string(let string) = value else {
      throw fault(key, "is \(value.name), not text")
    }
    return string
  }

  /// How the checkpoint is quantised: the `quant_method` of `quantization_config`, nil when it is
  /// not.
  ///
  /// - Throws: `CatalogError` when the block is no object or has no method.
  func quantization() throws(CatalogError) -> String? {
    guard let value = present("quantization_config") else { return nil }
    guard case .object(let block) = value, case .string(let method)? = block["quant_method"] else {
      throw fault("quantization_config", "has no \"quant_method\"")
    }
    return method
  }

  /// Whether the list under `key` has anything in it.
  func hasElements(_ key: String) -> Bool {
    if case .list(let list)? = fields[key] { return !list.isEmpty }
    return false
  }

  /// An error about `key` at its line of the file.
  func fault(_ key: String, _ what: String) -> CatalogError {
    CatalogError("\(path)\(line(of: key).map { ":\($0)" } ?? ""): \(key) \(what)")
  }

  private func present(_ key: String) -> JSON? {
    guard let value = fields[key] else { return nil }
    if case .null = value { return nil }
    return value
  }

  /// The line on which `key` is quoted first.
  private func line(of key: String) -> Int? {
    let quoted = Array("\"\(key)\"".utf8)
    var line = 1
    for start in text.indices {
      if text[start] == UInt8(ascii: "\n") { line += 1 }
      if text[start...].starts(with: quoted) { return line }
    }
    return nil
  }
}
