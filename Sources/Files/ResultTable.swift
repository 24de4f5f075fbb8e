/// A CSV file with one header row by rows, every cell as text; `ColumnFile` reads it.
package struct ResultTable: Sendable {
  /// The file, as errors name it.
  package let path: String
  /// Names of the columns, in the order of the file.
  package let columns: [String]
  /// Rows of one cell a column, in the order of the file.
  package let rows: [[String]]
  /// The line of the file on which each row stands, from 1.
  package let lines: [Int]

  /// Reads the file at `path`.
  ///
  /// - Throws: `ConfigError` as `ColumnFile` does.
  package init(readingFrom path: String) throws(ConfigError) {
    self.init(try ColumnFile(readingFrom: path))
  }

  /// Reads `bytes`, which stand in the file at `path`.
  package init(_ bytes: [UInt8], path: String) throws(ConfigError) {
    self.init(try ColumnFile(bytes, path: path))
  }

  private init(_ file: ColumnFile) {
    path = file.path
    columns = file.columns
    rows = (0..<file.count).map { row in file.columns.indices.map { file.text($0, row: row) } }
    lines = (0..<file.count).map { file.line(ofRow: $0) }
  }

  /// The index of the column called `name`, which `flag` asked for.
  ///
  /// - Throws: `ConfigError` that names the nearest column and all.
  package func index(of name: String, asked place: Place? = nil) throws(ConfigError) -> Int {
    if let index = columns.firstIndex(of: name) { return index }
    throw .unknown("column", name, known: columns, at: place ?? .file(path))
  }

  /// The numbers of a column; nil where a cell is empty.
  ///
  /// - Throws: `ConfigError` for a cell that is neither empty nor a number.
  package func numbers(in column: Int) throws(ConfigError) -> [Double?] {
    var numbers: [Double?] = []
    numbers.reserveCapacity(rows.count)
    for (row, cells) in rows.enumerated() {
      let text = cells[column]
      guard let number = Double(text) else {
        guard text.isEmpty else {
          throw ConfigError(
            .line(file: path, lines[row]), key: columns[column],
            "is \"\(text)\"; write a number or nothing")
        }
        numbers.append(nil)
        continue
      }
      numbers.append(number)
    }
    return numbers
  }
}
