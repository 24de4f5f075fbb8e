import Foundation

/// Reads a JSON text back as `Value`; keys in snake case become names in camel case.
package func decoded<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
  let decoder = JSONDecoder()
  decoder.keyDecodingStrategy = .convertFromSnakeCase
  return try decoder.decode(type, from: Data(text.utf8))
}

/// The line that `body` throws; empty when it throws nothing.
package func message(of body: () throws -> Void) -> String {
  do {
    try body()
    return ""
  } catch {
    return "\(error)"
  }
}

/// A directory of its own that is deleted with its owner.
package final class TestDirectory {
  package let path: String

  package init() throws {
    path = NSTemporaryDirectory() + "martlet-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of `name`, after writing `text` there.
  package func write(_ text: String, to name: String) throws -> String {
    let url = URL(fileURLWithPath: "\(path)/\(name)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    return url.path
  }

  /// Names of what lies in it.
  package var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }
}
