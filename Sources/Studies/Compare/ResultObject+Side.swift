internal import Experiment
internal import Files
internal import Metrics

/// The result of one run as a JSON object: a summary.json, or what `vllm bench serve` writes.
struct SummaryFile {
  private let path: String
  private let entries: [(key: String, text: String)]

  /// Largest file that is read, bytes: the detailed results of vLLM hold every gap.
  private static let limit = 1 << 30

  /// Reads the file at `path`; lists and objects in it are passed over.
  ///
  /// - Throws: `ConfigError` when it is no JSON object.
  init(readingFrom path: String) throws(ConfigError) {
    let bytes: [UInt8]
    do {
      bytes = try Posix.readAll(path, limit: Self.limit)
    } catch {
      throw ConfigError(.file(path), "cannot be read: \(error.reason)")
    }
    try self.init(bytes, path: path)
  }

  /// Reads `bytes`, which stand in the file at `path`.
  init(_ bytes: [UInt8], path: String) throws(ConfigError) {
    self.path = path
    let head = String(decoding: Self.withoutLists(bytes), as: UTF8.self)
    guard case .mapping(let entries) = try ConfigNode(yaml: head, file: path).content else {
      throw ConfigError(.file(path), "is no JSON object")
    }
    self.entries = entries.map { entry in
      guard case .scalar(let text, _) = entry.value.content else { return (entry.key, "") }
      return (entry.key, text)
    }
  }

  /// Whether there is a key called `key`.
  func has(_ key: String) -> Bool { entries.contains { $0.key == key } }

  /// Whether this program wrote it.
  private var isOwn: Bool { has("config_hash") && has("tool_version") }

  /// Whether it is the result of a run.
  var isResult: Bool { isOwn || (has("completed") && has("request_throughput")) }

  /// The run as a side called `name`.
  ///
  /// - Throws: `ConfigError` when it is no result.
  func side(name: String) throws(ConfigError) -> ComparedSide {
    guard isResult else { throw ConfigError(.file(path), "is no result of a run") }
    let seed = entries.first { $0.key == "seed" }?.text ?? ""
    let run = ComparedRun(seed: seed, cells: entries.map(\.text), status: .ok)
    return ComparedSide(
      name: name, kind: isOwn ? .run : .measured, keys: [], columns: entries.map(\.key),
      points: [ComparedPoint(cells: [], runs: [run])])
  }

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
