/// Rows of a CSV file as RFC 4180 has them, each on one line.
package enum CSVText {
  /// One row with its line break; line breaks in cells become blanks.
  package static func row(_ cells: [String]) -> String {
    cells.map(cell).joined(separator: ",") + "\n"
  }

  /// `text` as a cell: quoted where it must be; line breaks become blanks.
  package static func cell(_ text: String) -> String {
    var text = text
    if text.utf8.contains(where: { $0 == 10 || $0 == 13 }) {
      text = String(text.map { $0.isNewline ? " " : $0 })
    }
    guard text.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") })
    else { return text }
    return "\""
      + text.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }

  /// The cells of one row, whose line break may be missing; nil when a quote is left open.
  package static func cells(_ row: some StringProtocol) -> [String]? {
    var cells: [String] = []
    var cell: [UInt8] = []
    var (isQuoted, wasQuote) = (false, false)
    for byte in row.utf8 where byte != 10 {
      if byte == UInt8(ascii: "\"") {
        // A quote right after a closing one opens again and stands for itself.
        if wasQuote { cell.append(byte) }
        wasQuote = isQuoted
        isQuoted.toggle()
        continue
      }
      wasQuote = false
      if byte == UInt8(ascii: ","), !isQuoted {
        cells.append(String(decoding: cell, as: UTF8.self))
        cell = []
      } else {
        cell.append(byte)
      }
    }
    guard !isQuoted else { return nil }
    return cells + [String(decoding: cell, as: UTF8.self)]
  }
}
