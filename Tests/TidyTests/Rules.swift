/// A rule that a file breaks, and where.
struct Offence: Equatable, CustomStringConvertible {
  let line: Int
  let fault: String
  var description: String { "\(line): \(fault)" }
}

/// Text that a source file may not use, and what to use instead.
struct Ban {
  let text: String
  let instead: String
  /// Files that cannot do without it.
  var allowed: [String] = []
}

/// The rules that hold for one file: text in, offences out.
enum Rules {
  static let longestFile = 400
  static let longestFunction = 60
  static let longestLine = 100

  static let bans: [Ban] = [
    Ban(text: "try!", instead: "try with a typed error, or preconditionFailure"),
    Ban(text: "as!", instead: "as? and a guard"),
    Ban(text: "fatalError(", instead: "preconditionFailure with a sentence"),
    Ban(text: "unowned(unsafe)", instead: "a value"),
    Ban(text: "unsafeBitCast(", instead: "a conversion"),
    Ban(text: "@unchecked Sendable", instead: "a value, or Mutex"),
    Ban(text: "nonisolated(unsafe)", instead: "a field or an inout parameter"),
    Ban(text: "@inlinable", instead: "public; the release build inlines across rooms"),
    Ban(text: "@usableFromInline", instead: "public; the release build inlines across rooms"),
    Ban(text: "gsl_rng_env_setup", instead: "RandomStream(seed:name:)"),
    Ban(text: ".random(in:", instead: "RandomStream"),
    Ban(text: ".randomElement(", instead: "RandomStream.below"),
    Ban(text: ".shuffle(", instead: "RandomStream.below"),
    Ban(text: ".shuffled(", instead: "RandomStream.below"),
    Ban(text: "SystemRandomNumberGenerator", instead: "RandomStream"),
    Ban(text: "drand48(", instead: "RandomStream"),
    Ban(text: "Hasher(", instead: "ContentHash"),
    Ban(text: ".hashValue", instead: "ContentHash"),
    Ban(text: "Date(", instead: "Instant; a run knows no wall clock"),
    Ban(text: "import Foundation", instead: "the standard library and Units"),
  ]

  /// Words that comments may not hold: what they announce belongs elsewhere.
  static let forbiddenWords = ["TODO", "FIXME", "XXX", "HACK", "issue #"]

  /// What holds for any text file.
  static func layout(_ text: String) -> [Offence] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var offences: [Offence] = []
    if lines.last == "" {
      lines.removeLast()
    } else if !text.isEmpty {
      offences.append(Offence(line: lines.count, fault: "the last line has no end"))
    }
    for (i, line) in lines.enumerated() {
      if line.count > longestLine {
        offences.append(
          Offence(line: i + 1, fault: "\(line.count) columns; \(longestLine) at most"))
      }
      if let last = line.last, last.isWhitespace {
        offences.append(Offence(line: i + 1, fault: "trailing blank"))
      }
      if line.contains("\t") { offences.append(Offence(line: i + 1, fault: "tab; use spaces")) }
    }
    if lines.count > longestFile {
      offences.append(
        Offence(line: lines.count, fault: "\(lines.count) lines; \(longestFile) at most"))
    }
    return offences
  }

  /// Banned text in code, not in comments or strings.
  static func bannedText(_ source: SourceText, in file: String) -> [Offence] {
    var offences: [Offence] = []
    for (i, line) in source.code.enumerated() {
      for ban in bans where holds(line, ban.text) && !ban.allowed.contains(file) {
        offences.append(Offence(line: i + 1, fault: "\(ban.text) is banned; use \(ban.instead)"))
      }
    }
    return offences
  }

  /// Whether `line` holds `token`, and not as part of a longer name (`update(` is no `Date(`).
  private static func holds(_ line: String, _ token: String) -> Bool {
    var rest = line[...]
    while let found = rest.firstRange(of: token) {
      let before = joins(line[..<found.lowerBound].last, token.first)
      let after = joins(token.last, line[found.upperBound...].first)
      if !before, !after { return true }
      rest = rest[found.upperBound...]
    }
    return false
  }

  /// Whether two neighbours belong to one name.
  private static func joins(_ left: Character?, _ right: Character?) -> Bool {
    guard let left, let right else { return false }
    return isWord(left) && isWord(right)
  }

  private static func isWord(_ c: Character) -> Bool { c.isLetter || c.isNumber || c == "_" }

  /// Forbidden words in comments.
  static func forbiddenComments(_ source: SourceText) -> [Offence] {
    var offences: [Offence] = []
    for (i, comment) in source.comments.enumerated() {
      for word in forbiddenWords where comment.contains(word) {
        offences.append(Offence(line: i + 1, fault: "\"\(word)\" in a comment"))
      }
    }
    return offences
  }

  /// Functions, initialisers and subscripts longer than the limit, from their first line to `}`.
  static func longFunctions(_ source: SourceText) -> [Offence] {
    var offences: [Offence] = []
    for (i, line) in source.code.enumerated() where declaresFunction(line) {
      guard let last = lastLine(of: i, in: source.code) else { continue }
      let length = last - i + 1
      guard length > longestFunction else { continue }
      offences.append(
        Offence(line: i + 1, fault: "function of \(length) lines; \(longestFunction) at most"))
    }
    return offences
  }

  private static func declaresFunction(_ line: String) -> Bool {
    let words = line.split { !isWord($0) }
    if words.contains("func") { return true }
    // A call such as `self.init(` is none.
    let trimmed = line.drop { $0 == " " }
    let modifiers: Set<Substring> = [
      "public", "internal", "private", "fileprivate", "package", "static", "mutating", "override",
      "convenience", "required", "nonisolated",
    ]
    guard let name = words.first(where: { !modifiers.contains($0) }) else { return false }
    return ["init", "deinit", "subscript"].contains(name) && trimmed.first?.isLetter == true
  }

  /// The line on which the body of a declaration ends; nil when it has none.
  private static func lastLine(of first: Int, in code: [String]) -> Int? {
    var (parentheses, braces, hasBody) = (0, 0, false)
    for i in first..<code.count {
      for c in code[i] {
        switch c {
        case "(", "[": parentheses += 1
        case ")", "]": parentheses -= 1
        case "{" where parentheses == 0 || hasBody:
          braces += 1
          hasBody = true
        case "}" where hasBody: braces -= 1
        case "}" where parentheses == 0: return nil  // the end of a protocol
        default: break
        }
        if hasBody, braces == 0 { return i }
      }
      let isOpen = hasBody || parentheses > 0 || continues(code, after: i)
      if !isOpen { return nil }
    }
    return nil
  }

  /// Whether the next line goes on with a signature.
  private static func continues(_ code: [String], after i: Int) -> Bool {
    guard i + 1 < code.count else { return false }
    let next = code[i + 1].drop { $0 == " " }
    return ["->", "{", "throws", "async", "where"].contains { next.hasPrefix($0) }
  }

  /// The door plate of a room.
  static func doorPlate(_ text: String, room: String) -> [Offence] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    var offences: [Offence] = []
    if lines.first ?? "" != "# \(room)" {
      offences.append(Offence(line: 1, fault: "the first line must be \"# \(room)\""))
    }
    if !(3...15).contains(lines.count) {
      offences.append(
        Offence(line: lines.count, fault: "\(lines.count) lines; a door plate has 3 to 15"))
    }
    return offences
  }

  /// Whether a file defines a policy of the protocol `kind`.
  static func definesPolicy(_ source: SourceText, kind: String) -> Bool {
    source.code.contains { line in
      let words = line.split { !isWord($0) }
      guard words.contains("struct") || words.contains("enum") else { return false }
      return line.contains(": \(kind)") && words.contains(Substring(kind))
    }
  }

  /// Whether a comment names where a policy comes from.
  static func namesSource(_ source: SourceText) -> Bool {
    source.comments.contains { $0.contains("Source: ") }
  }

  /// Entries of the top level that are neither expected nor ignored by git.
  static func strangers(_ entries: [String], expected: [String]) -> [String] {
    entries.filter { entry in
      !expected.contains(entry) && entry != ".git" && entry != "Package.resolved"
        && !entry.hasPrefix(".build") && !entry.hasSuffix("-out") && !entry.contains(".partial-")
        && entry != "dist"
    }.sorted()
  }
}
