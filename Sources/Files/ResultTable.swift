/// A CSV file with one header row, read whole: a result of Martlet's, or another tool's.
///
/// Cells are kept as text (RFC 4180); columns are found by name.
package struct ResultTable: Sendable {
  /// The file, as errors name it.
  package let path: String
  /// Names of the columns, in the order of the file.
  package let columns: [String]
  /// Rows of one cell a column, in the order of the file.
  package let rows: [[String]]
  /// The line of the file on which each row stands, from 1.
  package let lines: [Int]

  /// Largest file that is read, bytes.
  private static let limit = 1 << 30

  /// Reads the file at `path`.
  ///
  /// - Throws: `ConfigError` when it cannot be read, has no header, names a column twice or has a
  ///   row of another width.
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
  package init(_ bytes: [UInt8], path: String) throws(ConfigError) {
    self.path = path
    var columns: [String]?
    var rows: [[String]] = []
    var lines: [Int] = []
    for (line, record) in CSVText.records(of: bytes) {
      let place = Place.line(file: path, line)
      guard let cells = CSVText.cells(record) else {
        throw ConfigError(place, "leaves a quote open")
      }
      guard let columns else {
        if let twice = cells.first(where: { name in cells.count { $0 == name } > 1 }) {
          throw ConfigError(place, "has the column \"\(twice)\" twice")
        }
        columns = cells
        continue
      }
      guard cells.count == columns.count else {
        throw ConfigError(
          place, "has \(cells.count) cells, the header \(columns.count); the row is torn")
      }
      rows.append(cells)
      lines.append(line)
    }
    guard let columns, columns != [""] else {
      throw ConfigError(.file(path), "is empty; write a header row")
    }
    self.columns = columns
    self.rows = rows
    self.lines = lines
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
