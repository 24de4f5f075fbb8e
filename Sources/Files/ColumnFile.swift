/// Some columns of a CSV file with one header row, ours or another tool's, made for millions of
/// rows: cells stay where they stand in the file until they are asked for.
///
/// RFC 4180 with LF or CR LF; a quoted cell may hold line breaks.
package struct ColumnFile: Sendable {
  /// The file, as errors name it.
  package let path: String
  /// Names of all columns, in the order of the file.
  package let columns: [String]
  /// Number of rows below the header.
  package let count: Int

  /// Where a cell stands; its quotes are part of it.
  private struct Span {
    let start: UInt32
    let end: UInt32
  }
  private let bytes: [UInt8]
  /// The line on which each row begins, from 1.
  private let firstLines: [UInt32]
  /// By column; empty for those that were not asked for.
  private let spans: [[Span]]

  /// Reads the columns called one of `names` of the file at `path`; without names all of them.
  ///
  /// A name that the file lacks is no fault until it is asked for.
  ///
  /// - Throws: `ConfigError` when the file cannot be read, has no header, names a column twice or
  ///   has a row of another width.
  package init(readingFrom path: String, _ names: [String]? = nil) throws(ConfigError) {
    let bytes: [UInt8]
    do {
      bytes = try Posix.readAll(path, limit: 1 << 30)
    } catch {
      throw ConfigError(.file(path), "cannot be read: \(error.reason)")
    }
    try self.init(bytes, path: path, names)
  }

  /// Reads `bytes`, which stand in the file at `path`.
  package init(_ bytes: [UInt8], path: String, _ names: [String]? = nil) throws(ConfigError) {
    var scanner = Scanner(bytes)
    guard let header = try scanner.header(path) else {
      throw ConfigError(.file(path), "is empty; write a header row")
    }
    if let twice = header.first(where: { name in header.count { $0 == name } > 1 }) {
      throw ConfigError(.line(file: path, scanner.headerLine), "has the column \"\(twice)\" twice")
    }
    var places: [Int?] = []
    var kept = 0
    for name in header {
      let isWanted = names?.contains(name) ?? true
      places.append(isWanted ? kept : nil)
      kept += isWanted ? 1 : 0
    }
    var spans = [[Span]](repeating: [], count: kept)
    firstLines = try scanner.rows(path, width: header.count) { column, start, end in
      if let place = places[column] {
        spans[place].append(Span(start: UInt32(start), end: UInt32(end)))
      }
    }
    count = firstLines.count
    self.path = path
    self.bytes = bytes
    columns = header
    self.spans = places.map { place in place.map { spans[$0] } ?? [] }
  }

  /// The index of the column called `name`, which `place` asked for.
  ///
  /// - Throws: `ConfigError` that names the nearest column and all.
  package func index(of name: String, asked place: Place? = nil) throws(ConfigError) -> Int {
    if let index = columns.firstIndex(of: name) { return index }
    throw .unknown("column", name, known: columns, at: place ?? .file(path))
  }

  /// The line on which a row begins, from 1.
  package func line(ofRow row: Int) -> Int { Int(firstLines[row]) }

  /// The text of a cell without its quotes.
  package func text(_ column: Int, row: Int) -> String {
    let span = spans[column][row]
    let cell = bytes[Int(span.start)..<Int(span.end)]
    guard cell.first == UInt8(ascii: "\"") else { return String(decoding: cell, as: UTF8.self) }
    var inner: [UInt8] = []
    var isEscape = false
    for byte in cell.dropFirst() {
      if byte == UInt8(ascii: "\""), !isEscape {
        isEscape = true
        continue
      }
      isEscape = false
      inner.append(byte)
    }
    return String(decoding: inner, as: UTF8.self)
  }

  /// The texts of a column.
  package func texts(_ column: Int) -> [String] {
    (0..<count).map { text(column, row: $0) }
  }

  /// The numbers of a column, not a number where a cell is empty, infinite or text.
  package func numbers(_ column: Int) -> [Double] {
    (0..<count).map { row in
      let text = text(column, row: row)
      guard let value = Double(text), value.isFinite else { return .nan }
      return value
    }
  }

  /// The numbers of the column called `name`, nil when the file has no such column.
  package func numbers(named name: String) -> [Double]? {
    columns.firstIndex(of: name).map { numbers($0) }
  }

  /// The texts of the column called `name`, nil when the file has no such column.
  package func texts(named name: String) -> [String]? {
    columns.firstIndex(of: name).map { texts($0) }
  }

  /// Whether every cell that is not empty is a number, and one is.
  package func isNumeric(_ column: Int) -> Bool {
    var holdsNumber = false
    for row in 0..<count {
      let text = text(column, row: row)
      if text.isEmpty { continue }
      guard Double(text) != nil else { return false }
      holdsNumber = true
    }
    return holdsNumber
  }
}

/// Finds the cells of a file.
private struct Scanner {
  private let bytes: [UInt8]
  private var position: Int
  private var line = 1
  /// The line of the header, once it is read.
  private(set) var headerLine = 1

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    // The mark that some programs put before UTF-8.
    position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  mutating func header(_ path: String) throws(ConfigError) -> [String]? {
    var cells: [String] = []
    let bytes = bytes
    while skipsBlankLine() {}
    headerLine = line
    guard
      try record(
        path,
        { _, start, end in
          let cell = CSVText.cells(String(decoding: bytes[start..<end], as: UTF8.self))
          cells.append(cell?.first ?? "")
        }) != nil
    else { return nil }
    return cells == [""] ? nil : cells
  }

  /// Hands every cell to `body` and answers the line of each row.
  ///
  /// Blank lines are no rows.
  mutating func rows(
    _ path: String, width: Int, _ body: (Int, Int, Int) -> Void
  ) throws(ConfigError) -> [UInt32] {
    var lines: [UInt32] = []
    while position < bytes.count {
      let first = line
      if skipsBlankLine() { continue }
      guard let cells = try record(path, body, width) else { break }
      guard cells == width else {
        throw ConfigError(
          .line(file: path, first), "has \(cells) cells, the header \(width); the row is torn")
      }
      lines.append(UInt32(first))
    }
    return lines
  }

  private mutating func skipsBlankLine() -> Bool {
    let start = position
    var end = position
    if end < bytes.count, bytes[end] == 13 { end += 1 }
    guard end < bytes.count, bytes[end] == 10 else {
      guard end == bytes.count, end > start else { return false }
      position = end
      return true
    }
    position = end + 1
    line += 1
    return true
  }

  /// Hands the cells of the next row to `body` (at most `most`); answers how many there are, nil
  /// at the end of the file.
  private mutating func record(
    _ path: String, _ body: (Int, Int, Int) -> Void, _ most: Int = .max
  ) throws(ConfigError) -> Int? {
    guard position < bytes.count else { return nil }
    let first = line
    var (column, start, index, isQuoted) = (0, position, position, false)
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if byte == 10 { line += 1 }
      if !isQuoted, byte == UInt8(ascii: ",") || byte == 10 {
        let isReturn = byte == 10 && index > start && bytes[index - 1] == 13
        if column < most { body(column, start, isReturn ? index - 1 : index) }
        column += 1
        start = index + 1
        if byte == 10 { break }
      }
      index += 1
    }
    guard !isQuoted else { throw ConfigError(.line(file: path, first), "leaves a quote open") }
    if index == bytes.count {
      let isReturn = index > start && bytes[index - 1] == 13
      if column < most { body(column, start, isReturn ? index - 1 : index) }
      column += 1
    }
    position = min(bytes.count, index + 1)
    return column
  }
}
