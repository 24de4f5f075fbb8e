/// The rows of a CSV, each by column; a quoted cell may hold commas.
package func table(_ csv: String) -> [[String: String]] {
  var rows: [[String]] = []
  for line in csv.split(whereSeparator: \.isNewline) {
    var cells = [""]
    var isQuoted = false
    for character in line {
      switch character {
      case "\"": isQuoted.toggle()
      case "," where !isQuoted: cells.append("")
      default: cells[cells.count - 1].append(character)
      }
    }
    rows.append(cells)
  }
  guard let header = rows.first else { return [] }
  return rows.dropFirst().map { Dictionary(zip(header, $0)) { first, _ in first } }
}
