package import Files

/// What columns.json says of the columns of one file.
package struct ColumnNotes: Sendable {
  /// One column.
  package struct Entry: Sendable {
    package let name: String
    package let unit: String
    package let definition: String
    package let population: String
  }
  /// In the order of the file.
  package let entries: [Entry]
  private let byName: [String: Int]

  /// The notes on `file`; none when the directory has no columns.json or it says nothing of it.
  package init(of file: String, in directory: String) {
    let path = Paths.join(directory, "columns.json")
    var entries: [Entry] = []
    if let bytes = try? Posix.readAll(path, limit: 1 << 24),
      let root = try? ConfigNode(yaml: String(decoding: bytes, as: UTF8.self), file: path),
      case .mapping(let columns)? = root.value(of: file)?.content
    {
      for column in columns {
        let text = { (key: String) in column.value.value(of: key)?.scalar ?? "" }
        entries.append(
          Entry(
            name: column.key, unit: text("unit"), definition: text("definition"),
            population: text("population")))
      }
    }
    self.entries = entries
    var byName: [String: Int] = [:]
    for (index, entry) in entries.enumerated() { byName[entry.name] = index }
    self.byName = byName
  }

  /// The notes on the CSV file at `path`.
  package init(besides path: String) {
    self.init(of: Paths.last(of: path), in: Paths.directory(of: path))
  }

  /// What is said of the column `name`.
  package subscript(name: String) -> Entry? { byName[name].map { entries[$0] } }

  /// `p99_ttft_ms (ms)`: the name with its unit where one is known.
  package func label(_ name: String) -> String {
    guard let unit = self[name]?.unit, !unit.isEmpty else { return name }
    return "\(name) (\(unit))"
  }
}

extension ConfigNode {
  /// What a mapping has at `key`.
  package func value(of key: String) -> ConfigNode? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }

  /// The text of a value that is neither a list nor a mapping; nil for nothing.
  package var scalar: String? {
    guard case .scalar(let text, _) = content else { return nil }
    return text
  }
}
