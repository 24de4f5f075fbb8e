package import Files

/// What `martlet report` makes of a directory: one HTML file.
package struct ReportPage {
  /// What the directory holds.
  package enum Kind: String, Sendable {
    /// One run: summary.json.
    case run
    /// A sweep: sweep.csv.
    case sweep
    /// The table of a search or a comparison alone.
    case table
  }

  /// What was found.
  package let kind: Kind
  /// The file.
  package let bytes: [UInt8]
  /// Figures drawn.
  package let figures: Int
  /// Titles of figures for which there was nothing to draw.
  package let empty: [String]

  /// Tables of other verbs that may lie in a directory, and what they are.
  static let tables = [
    ("capacity.csv", "Search for the capacity", "Every run of the search, in its order."),
    ("compare.csv", "Comparison", "Each metric of the two results."),
  ]

  /// Reads the directory at `path` and lays out its page.
  ///
  /// - Throws: `ConfigError` when it holds no result or a torn one, or gnuplot is missing.
  package init(of path: String) throws(ConfigError) {
    let directory = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    let names: [String]
    do {
      names = try Posix.names(in: directory)
    } catch {
      throw ConfigError(
        .file(path), "cannot be read: \(error.reason); name the --out of run or sweep")
    }
    var page: Page
    if names.contains("sweep.csv") {
      kind = .sweep
      page = try SweepReport(readingFrom: directory).page()
    } else if names.contains("summary.json") {
      kind = .run
      page = try RunReport(readingFrom: directory).page()
    } else if let table = Self.tables.first(where: { names.contains($0.0) }) {
      kind = .table
      page = Page(table.1)
      page.add("<header><h1>\(Markup.escaped(table.1))</h1></header>\n")
    } else {
      let hint =
        names.contains("sweep.json") ? "; its shards are not merged: martlet merge \(path)" : ""
      throw ConfigError(
        .file(path), "holds neither summary.json nor sweep.csv\(hint)")
    }
    for (name, heading, lead) in Self.tables where names.contains(name) {
      page.open(heading, lead)
      page.add(try Self.table(name, in: directory))
      page.close()
    }
    bytes = page.bytes
    figures = page.figures
    empty = page.empty
  }

  /// A whole CSV file as a table, its first rows when it is long.
  static func table(_ name: String, in directory: String, most: Int = 200) throws(ConfigError)
    -> String
  {
    let file = try ColumnFile(readingFrom: Paths.join(directory, name))
    let notes = ColumnNotes(of: name, in: directory)
    let shown = (0..<min(file.count, most)).map { row in
      file.columns.indices.map { Self.cell(file.text($0, row: row)) }
    }
    let numbers = Set(file.columns.indices.filter { file.isNumeric($0) })
    var text = Markup.table(
      file.columns.map { notes.label($0) }, shown, numbers: numbers, caption: name)
    if file.count > most {
      text += Markup.paragraph("The first \(most) of \(file.count) rows.", of: "note")
    }
    return text
  }

  /// A cell for a reader: numbers with decimals get four significant digits.
  static func cell(_ text: String) -> String {
    guard text.contains("."), let value = Double(text), value.isFinite else { return text }
    return NumberWords.short(value)
  }

  /// The answer of `martlet report --json`; the page was written to `output`.
  package func json(output: String) -> JSON {
    .object([
      ("file", .string(output)), ("kind", .string(kind.rawValue)),
      ("bytes", .integer(Int64(bytes.count))), ("figures", .integer(Int64(figures))),
      ("without_data", .array(empty.map { .string($0) })),
    ])
  }
}
