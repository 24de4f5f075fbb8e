/// A Swift file split into what the compiler reads and what people read, line by line.
///
/// Strings and names in backticks are emptied on the code side, so that no rule takes their text
/// for code. Regular-expression literals are not known: the house has none.
struct SourceText {
  /// Lines without comments, and without what strings hold.
  private(set) var code: [String] = [""]
  /// The comment of each line, empty where there is none.
  private(set) var comments: [String] = [""]

  private let text: [Character]
  private var i = 0

  init(_ source: String) {
    text = Array(source)
    while i < text.count { step() }
  }

  private func looks(at token: String) -> Bool {
    let end = i + token.count
    return end <= text.count && text[i..<end].elementsEqual(token)
  }

  private mutating func newLine() {
    code.append("")
    comments.append("")
    i += 1
  }

  private mutating func keep() {
    code[code.count - 1].append(text[i])
    i += 1
  }

  /// Reads one piece of code: a character, a comment, a string or a name in backticks.
  private mutating func step() {
    if text[i].isNewline {
      newLine()
    } else if looks(at: "//") {
      while i < text.count, !text[i].isNewline { comment() }
    } else if looks(at: "/*") {
      blockComment()
    } else if text[i] == "\"" || looks(at: "#\"") {
      string()
    } else if text[i] == "`" {
      keep()
      while i < text.count, text[i] != "`" { i += 1 }
      if i < text.count { keep() }
    } else {
      keep()
    }
  }

  private mutating func comment() {
    comments[comments.count - 1].append(text[i])
    i += 1
  }

  private mutating func blockComment() {
    while i < text.count, !looks(at: "*/") {
      if text[i].isNewline { newLine() } else { comment() }
    }
    i = min(i + 2, text.count)
  }

  private mutating func string() {
    let isRaw = text[i] == "#"
    if isRaw { i += 1 }
    let quotes = looks(at: "\"\"\"") ? "\"\"\"" : "\""
    let end = isRaw ? quotes + "#" : quotes
    i += quotes.count
    code[code.count - 1].append("\"")
    while i < text.count, !looks(at: end) {
      if !isRaw, looks(at: "\\(") {
        interpolation()
      } else if !isRaw, text[i] == "\\" {
        i += 2
      } else if text[i].isNewline {
        newLine()
      } else {
        i += 1
      }
    }
    i = min(i + end.count, text.count)
    code[code.count - 1].append("\"")
  }

  /// Code inside a string: kept, up to the parenthesis that closes it.
  private mutating func interpolation() {
    i += 1
    var depth = 0
    repeat {
      if text[i] == "(" { depth += 1 }
      if text[i] == ")" { depth -= 1 }
      step()
    } while depth > 0 && i < text.count
  }
}
