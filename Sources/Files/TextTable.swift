/// Rows of text in aligned columns, two blanks apart, for a person at a terminal.
///
/// Widths count characters, so every cell must be of characters one column wide.
package struct TextTable: Sendable {
  /// The side on which the cells of a column end flush.
  package enum Side: Sendable {
    /// Text.
    case left
    /// Numbers.
    case right
  }

  /// One column.
  package struct Column: Sendable {
    package let title: String
    package let side: Side

    /// A column of text.
    package static func text(_ title: String) -> Column { Column(title: title, side: .left) }
    /// A column of numbers.
    package static func number(_ title: String) -> Column { Column(title: title, side: .right) }
  }

  private let columns: [Column]
  private var rows: [[String]] = []

  /// A table without rows.
  package init(_ columns: [Column]) { self.columns = columns }

  /// Adds a row of one cell a column.
  package mutating func add(_ cells: [String]) {
    precondition(cells.count == columns.count, "a row has one cell for each column")
    rows.append(cells)
  }

  /// The title line and every row, none of them with blanks at its end.
  package var lines: [String] {
    let all = [columns.map(\.title)] + rows
    let widths = columns.indices.map { i in all.map { $0[i].count }.max() ?? 0 }
    return all.map { cells in
      let padded = zip(columns, zip(cells, widths)).map { column, cell in
        let blanks = String(repeating: " ", count: cell.1 - cell.0.count)
        return column.side == .left ? cell.0 + blanks : blanks + cell.0
      }
      let line = padded.joined(separator: "  ")
      let end = line.lastIndex { $0 != " " }.map { line.index(after: $0) }
      return String(line[..<(end ?? line.startIndex)])
    }
  }
}
