/// Text as HTML or SVG, and nothing in it that could be taken for a tag.
package enum Markup {
  /// `text` as it may stand between tags and in quoted attributes.
  ///
  /// Control characters, which XML forbids, become blanks.
  package static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case _ where isUnseen(scalar): result += " "
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Whether XML forbids `scalar` or a reader would not see what it does.
  static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\n", "\t": false
    case "\u{0}"..<" ", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": true
    // Marks that turn the direction of what follows could disguise it.
    case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": true
    default: false
    }
  }

  /// A table with a head; `numbers` says which columns end flush right.
  ///
  /// Cells are text, not markup.
  package static func table(
    _ head: [String], _ rows: [[String]], numbers: Set<Int> = [], caption: String = ""
  ) -> String {
    var text = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\""
    text += escaped(caption.isEmpty ? "table" : caption) + "\"><table>"
    if !caption.isEmpty { text += "<caption>\(escaped(caption))</caption>" }
    text += "<thead><tr>"
    for (index, cell) in head.enumerated() {
      text += "<th scope=\"col\"\(numbers.contains(index) ? " class=\"n\"" : "")>"
      text += escaped(cell) + "</th>"
    }
    text += "</tr></thead>\n<tbody>\n"
    for row in rows {
      text += "<tr>"
      for (index, cell) in row.enumerated() {
        let tag = index == 0 ? "th" : "td"
        let scope = index == 0 ? " scope=\"row\"" : ""
        text += "<\(tag)\(scope)\(numbers.contains(index) ? " class=\"n\"" : "")>"
        text += escaped(cell) + "</\(tag)>"
      }
      text += "</tr>\n"
    }
    return text + "</tbody></table></div>\n"
  }

  /// A paragraph.
  package static func paragraph(_ text: String, of kind: String = "") -> String {
    "<p\(kind.isEmpty ? "" : " class=\"\(kind)\"")>\(escaped(text))</p>\n"
  }
}
