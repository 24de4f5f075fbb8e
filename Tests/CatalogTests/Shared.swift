import FoundationEssentials

/// Tables of the shared material, absent in a checkout of its own.
enum Shared {
  /// The rows of `name` as column → cell, nil (and one printed line) when the table is absent.
  static func rows(_ name: String, file: String = #filePath) -> [[String: String]]? {
    let root = file.split(separator: "/").dropLast(4).joined(separator: "/")
    guard let data = FileManager.default.contents(atPath: "/\(root)/shared/\(name)") else {
      print("skipped: ../shared/\(name) is absent")
      return nil
    }
    var lines = cells(String(decoding: data, as: UTF8.self))
    let header = lines.removeFirst()
    return lines.map { line in
      Dictionary(uniqueKeysWithValues: zip(header, line))
    }
  }

  /// The number at the head of a cell such as `~35 (unverified)`; 0 when there is none.
  static func number(_ cell: String?) -> Double {
    let digits = (cell ?? "").drop { $0 == "~" }.prefix { "0123456789.".contains($0) }
    return Double(digits) ?? 0
  }

  private static func cells(_ text: String) -> [[String]] {
    var lines: [[String]] = []
    for line in text.split(whereSeparator: \.isNewline) {
      var cells = [""]
      var isQuoted = false
      for character in line {
        switch character {
        case "\"": isQuoted.toggle()
        case "," where !isQuoted: cells.append("")
        default: cells[cells.count - 1].append(character)
        }
      }
      lines.append(cells)
    }
    return lines
  }
}
