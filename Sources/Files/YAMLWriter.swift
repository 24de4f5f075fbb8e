/// Writes a YAML file a key at a time.
package struct YAMLWriter {
  /// The lines so far.
  package private(set) var text = ""
  private var level = 0
  private var startsItem = false

  /// An empty file.
  package init() {}

  /// A key and its value as it must stand in the file.
  package mutating func key(_ name: String, _ value: String, comment: String = "") {
    line("\(Scalar.written(name)): \(value)\(comment.isEmpty ? "" : "  # \(comment)")")
  }

  /// A key whose value may be absent, which is `null`.
  package mutating func optional(
    _ name: String, _ value: (some CustomStringConvertible)?, absent: String = "",
    _ resolved: Int? = nil
  ) {
    if let value { return key(name, "\(value)") }
    key(name, "null", comment: absent + (resolved.map { ": \($0)" } ?? ""))
  }

  /// A key with the mapping that `body` writes.
  package mutating func block(_ name: String, _ body: (inout YAMLWriter) -> Void) {
    line("\(Scalar.written(name)):")
    level += 1
    body(&self)
    level -= 1
  }

  /// A mapping of a list, which `body` writes; the list is the block around it.
  package mutating func item(_ body: (inout YAMLWriter) -> Void) {
    level += 1
    startsItem = true
    body(&self)
    level -= 1
  }

  /// A key with a value of a file, written again.
  package mutating func node(_ name: String, _ node: ConfigNode) {
    guard case .mapping(let entries) = node.content, !entries.isEmpty else {
      return key(name, Self.inline(node))
    }
    block(name) { out in
      for entry in entries { out.node(entry.key, entry.value) }
    }
  }

  /// A value on one line.
  package static func inline(_ node: ConfigNode) -> String {
    switch node.content {
    case .null: "null"
    case .scalar(let text, let quoted): Scalar.written(text, option: !quoted)
    case .sequence(let nodes): "[\(nodes.map(inline).joined(separator: ", "))]"
    case .mapping(let entries):
      "{"
        + entries.map { "\(Scalar.written($0.key)): \(inline($0.value))" }.joined(separator: ", ")
        + "}"
    }
  }

  private mutating func line(_ content: String) {
    let dash = startsItem ? 1 : 0
    startsItem = false
    text += String(repeating: "  ", count: level - dash) + (dash == 1 ? "- " : "") + content + "\n"
  }
}
