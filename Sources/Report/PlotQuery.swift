package import Files
internal import Metrics

/// What `martlet plot` is asked for: columns of a CSV file as a figure.
package struct PlotQuery: Sendable {
  /// Kinds of plots.
  package enum Kind: String, Sendable, CaseIterable {
    /// Values against x, joined; rows that share x and group become a mean with its interval.
    case line
    /// One mark a row.
    case scatter
    /// The share of values that are not larger.
    case cdf
    /// Bars beside each other.
    case bar
  }

  package var x: String
  package var y: [String] = []
  package var by: [String] = []
  package var kind = Kind.line
  package var isLogarithmic = (x: false, y: false)
  package var title: String?
  package var filters: [RowFilter] = []

  /// A query for column `x`.
  package init(x: String) { self.x = x }

  /// A figure and what it was made of.
  package struct Answer: Sendable {
    package let figure: Figure
    /// Rows of the file.
    package let rows: Int
    /// Rows that every filter let through.
    package let used: Int

    /// One line; `files` were written.
    package func text(files: [String]) -> String {
      let notes = figure.notes.map { " \($0)" }.joined()
      let lines = figure.series.count
      return
        "wrote \(files.joined(separator: ", ")): \(used) of \(rows) rows, \(lines) series.\(notes)"
    }

    /// The same as JSON.
    package func json(files: [String]) -> JSON {
      let series = figure.series.map { line in
        JSON.object([
          ("name", .string(line.name)), ("points", .integer(Int64(line.points.count))),
        ])
      }
      return .object([
        ("files", .array(files.map { .string($0) })), ("rows", .integer(Int64(rows))),
        ("used", .integer(Int64(used))), ("series", .array(series)),
        ("notes", .array(figure.notes.map { .string($0) })),
      ])
    }
  }

  /// The figure of the rows in the file at `path`.
  ///
  /// - Throws: `ConfigError` for an unknown column, text where a number must stand, and when no
  ///   row has a value to draw.
  package func answer(readingFrom path: String) throws(ConfigError) -> Answer {
    try check()
    let file = try ColumnFile(readingFrom: path, [x] + y + by + filters.map(\.column))
    var rows = Array(0..<file.count)
    for filter in filters { rows = try filter.keep(rows, of: file) }
    let notes = ColumnNotes(besides: path)
    let figure = kind == .cdf ? try distribution(file, rows, notes) : try plot(file, rows, notes)
    guard let drawable = figure.drawable else {
      let why = rows.isEmpty && file.count > 0 ? "no row passes --where" : "no row has a value"
      throw ConfigError(.file(path), "\(why) to draw of \((y + [x]).joined(separator: ", "))")
    }
    try checkBars(drawable)
    return Answer(figure: drawable, rows: file.count, used: rows.count)
  }

  private func check() throws(ConfigError) {
    if kind == .cdf, !y.isEmpty {
      throw ConfigError(.flag("--y"), "has no meaning with --kind cdf; its y is a share")
    }
    if kind != .cdf, y.isEmpty {
      throw ConfigError(.flag("--y"), "is missing; name the column to draw against \(x)")
    }
    if isLogarithmic.y, kind == .bar || kind == .cdf {
      throw ConfigError(.flag("--log"), "y has no meaning with --kind \(kind.rawValue)")
    }
  }

  /// Most bars of a figure: in a picture 800 pixels wide more are no longer apart.
  static let mostBars = 500

  private func checkBars(_ figure: Figure) throws(ConfigError) {
    guard kind == .bar else { return }
    let bars = figure.series.reduce(0) { $0 + $1.points.count }
    guard bars > Self.mostBars else { return }
    throw ConfigError(
      .flag("--kind"),
      "bar would draw \(bars) bars, one for each \((by + [x]).joined(separator: ", ")); at most "
        + "\(Self.mostBars) can be told apart: choose rows with --where, or --kind line or cdf")
  }

  // MARK: - Kinds

  private func distribution(
    _ file: ColumnFile, _ rows: [Int], _ notes: ColumnNotes
  ) throws(ConfigError) -> Figure {
    let values = try numbers(file, x, "--x")
    let series = try groups(file, rows).enumerated().map { index, group in
      Figure.Series(
        group.name, .steps, Thinning.distribution(group.rows.map { values[$0] }), look: index)
    }
    return Figure(
      title ?? "Distribution of \(x)",
      x: Figure.Axis(notes.label(x), isLogarithmic: isLogarithmic.x),
      y: Figure.Axis("share not larger, %", limits: 0...100), series: series)
  }

  private func plot(
    _ file: ColumnFile, _ rows: [Int], _ notes: ColumnNotes
  ) throws(ConfigError) -> Figure {
    let column = try file.index(of: x, asked: .flag("--x"))
    let isNumeric = file.isNumeric(column) && kind != .bar
    let places: [Double]
    var categories: [String] = []
    if isNumeric {
      places = file.numbers(column)
    } else {
      guard !isLogarithmic.x else {
        throw ConfigError(.flag("--log"), "x needs numbers, and \(x) has none or is text")
      }
      (places, categories) = Self.categories(file.texts(column), rows)
    }
    let groups = try groups(file, rows)
    var figure = Figure(
      title ?? "\(y.joined(separator: ", ")) against \(x)",
      x: Figure.Axis(
        notes.label(x), isLogarithmic: isLogarithmic.x, categories: categories),
      y: Figure.Axis(label(notes), isLogarithmic: isLogarithmic.y), series: [])
    var (counts, beyond): ([Int], Int) = ([], 0)
    for name in y {
      let values = try numbers(file, name, "--y")
      for group in groups {
        let points = group.rows.map { Figure.Point(places[$0], values[$0]) }
        let names = (y.count > 1 ? [name] : []) + (group.name.isEmpty ? [] : [group.name])
        figure.series.append(
          series(
            names.joined(separator: ", "), points, figure.series.count, &counts,
            beyond: &beyond))
      }
    }
    describe(counts, &figure)
    if beyond > 0 { figure.notes.append(Figure.beyondReach(beyond)) }
    let drawn = figure.series.reduce(0) { $0 + $1.points.count }
    if kind == .line, counts.count > drawn {
      figure.notes.append("Each point is the mean of neighbours: \(drawn) of \(counts.count).")
    } else if kind == .scatter, drawn < rows.count {
      figure.notes.append("\(drawn) of \(rows.count) rows; the others lie on top or are empty.")
    }
    return figure
  }

  private func series(
    _ name: String, _ points: [Figure.Point], _ look: Int, _ counts: inout [Int],
    beyond: inout Int
  ) -> Figure.Series {
    if kind == .scatter {
      beyond += points.count { point in
        !(point.x.isNaN || point.y.isNaN)
          && !(Figure.isInReach(point.x) && Figure.isInReach(point.y))
      }
      let kept = Thinning.scatter(
        points, x: isLogarithmic.x, y: isLogarithmic.y, columns: 120, rows: 80)
      return Figure.Series(name, .points, kept, look: look)
    }
    let means = Aggregation(points)
    counts += means.counts
    if kind == .bar { return Figure.Series(name, .bars, means.points, look: look) }
    let points = means.thinned(to: 1000)
    return Figure.Series(name, points.count > 60 ? .line : .markedLine, points, look: look)
  }

  private func describe(_ counts: [Int], _ figure: inout Figure) {
    guard let most = counts.max(), most > 1 else { return }
    let least = counts.min() ?? most
    let rows = least == most ? "\(most)" : "\(least) to \(most)"
    let bars = kind == .bar ? "" : ", bars: 95 % interval (Student's t)"
    figure.notes.append("Mean of \(rows) rows that share \(x)\(bars).")
    if kind != .bar, title == nil {
      figure.title += " (mean of \(rows) rows, bars: 95 % interval)"
    }
  }

  // MARK: - Columns

  private func numbers(
    _ file: ColumnFile, _ name: String, _ flag: String
  ) throws(ConfigError) -> [Double] {
    let column = try file.index(of: name, asked: .flag(flag))
    guard file.isNumeric(column) || file.texts(column).allSatisfy(\.isEmpty) else {
      throw ConfigError(
        .flag(flag), "column \"\(name)\" of \(file.path) holds text; name one of numbers")
    }
    return file.numbers(column)
  }

  /// One column by its name; several, which the legend names, by the unit that they share.
  private func label(_ notes: ColumnNotes) -> String {
    guard y.count > 1 else { return notes.label(y.first ?? "") }
    let units = y.map { notes[$0]?.unit ?? "" }
    return units.allSatisfy { $0 == units[0] }
      ? units[0]
      : y.map { notes.label($0) }
        .joined(separator: ", ")
  }

  /// Rows by the values of the columns of `--by`, in the order of those values.
  private func groups(
    _ file: ColumnFile, _ rows: [Int]
  ) throws(ConfigError) -> [(name: String, rows: [Int])] {
    var columns: [[String]] = []
    for name in by { columns.append(file.texts(try file.index(of: name, asked: .flag("--by")))) }
    return Grouping.rows(rows, by: columns).map { values, rows in
      (Grouping.name(of: values, keys: by), rows)
    }
  }

  /// The place of each row among the texts of a column, in the order of the file; rows without
  /// text have none.
  private static func categories(
    _ texts: [String], _ rows: [Int]
  ) -> (places: [Double], names: [String]) {
    var places = [Double](repeating: .nan, count: texts.count)
    var names: [String] = []
    var known: [String: Int] = [:]
    for row in rows where !texts[row].isEmpty {
      let place = known[texts[row]] ?? names.count
      if place == names.count {
        known[texts[row]] = place
        names.append(texts[row])
      }
      places[row] = Double(place)
    }
    return (places, names)
  }
}

/// A condition on rows: `--where 'cluster.instances>=2'`.
package struct RowFilter: Sendable {
  package let column: String
  private let comparison: String
  private let value: String

  private static let comparisons = ["!=", "<=", ">=", "==", "=", "<", ">"]

  /// Reads `column=value`, or one with `!=`, `<`, `<=`, `>`, `>=`.
  ///
  /// - Throws: `ConfigError` when it holds no comparison.
  package init(_ text: String) throws(ConfigError) {
    guard let start = text.firstIndex(where: { "!<>=".contains($0) }),
      let sign = Self.comparisons.first(where: { text[start...].hasPrefix($0) }),
      start > text.startIndex
    else {
      throw ConfigError(
        .flag("--where"), "\"\(text)\" compares nothing; write 'cluster.instances=2' or '>=2'")
    }
    column = String(text[..<start])
    comparison = sign
    value = String(text[start...].dropFirst(sign.count))
  }

  /// Those of `rows` that fulfil it; numbers are compared as numbers.
  package func keep(_ rows: [Int], of file: ColumnFile) throws(ConfigError) -> [Int] {
    let index = try file.index(of: column, asked: .flag("--where"))
    let number = Double(value)
    if number == nil, comparison.contains("<") || comparison.contains(">") {
      throw ConfigError(.flag("--where"), "\"\(value)\" is no number, so nothing is \(comparison)")
    }
    return rows.filter { row in
      let text = file.text(index, row: row)
      if let number, let cell = Double(text) { return holds(cell, number) }
      return comparison == "!=" ? text != value : comparison.hasPrefix("=") && text == value
    }
  }

  private func holds(_ cell: Double, _ number: Double) -> Bool {
    switch comparison {
    case "!=": cell != number
    case "<": cell < number
    case "<=": cell <= number
    case ">": cell > number
    case ">=": cell >= number
    default: cell == number
    }
  }
}
