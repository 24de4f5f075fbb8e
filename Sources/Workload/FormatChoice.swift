/// The first line of a file that is not blank: the header, or the first row.
public struct FirstLine: Sendable {
  /// Its text, at most 4 MiB.
  public let text: String
  /// Its number, from 1.
  public let number: Int
  /// The line and what follows it, up to 64 KiB together.
  let beginning: String

  /// Looks at the file without consuming anything.
  init(of reader: inout LineReader, path: String) throws(TraceError) {
    self = try reader.peek(1 << 16) { bytes throws(TraceError) in
      try FirstLine(of: bytes, path: path)
    }
  }

  /// Looks at the beginning of a file.
  init(of bytes: Span<UInt8>, path: String) throws(TraceError) {
    var number = 1
    var start = 0
    while start < bytes.count {
      let end = bytes.lineEnd(from: start)
      let line = bytes.trimmed(start..<min(end, start + 1 << 22))
      if !line.isEmpty {
        text = bytes.text(line)
        if text.contains("\0") || text.contains("\u{FFFD}") && line.count < 1 << 22 - 4 {
          throw TraceError(path, line: number, "is not UTF-8 text; save it as such")
        }
        self.number = number
        beginning = bytes.text(
          line.lowerBound..<min(bytes.count, line.lowerBound + 1 << 16))
        return
      }
      number += 1
      start = end + 1
    }
    throw TraceError(path, "is empty")
  }

  /// Consumes all up to the line, which is a header.
  func skip(in reader: inout LineReader) throws(TraceError) {
    for _ in 0..<number {
      _ = try reader.next { lines throws(TraceError) in
        min(lines.lineEnd(from: 0) + 1, lines.count)
      }
    }
  }
}

/// The format called `name`, or for `auto` the one that a file with this first line is in.
func traceFormat(
  named name: String, for first: FirstLine, path: String
) throws(TraceError) -> any TraceFormat.Type {
  if name == "auto" {
    let found = traceFormats.first { format in
      format.recognizes(format.traits.isDocument ? first.beginning : first.text)
    }
    if let found { return found }
    throw TraceError(path, line: first.number, unknownBeginning(first.text))
  }
  if let found = traceFormats.first(where: { $0.name == name }) { return found }
  let known = (["auto"] + traceFormats.map { $0.name })
  let nearest = known.min { distance(name, $0) < distance(name, $1) } ?? ""
  throw TraceError(
    path, "unknown format \"\(name)\"; nearest: \(nearest); known: \(known.joined(separator: ", "))"
  )
}

/// What a file is that no format recognizes, and which format is nearest.
private func unknownBeginning(_ firstLine: String) -> String {
  let known = traceFormats.map { "\($0.name) (\($0.fields.joined(separator: ", ")))" }
  let list = "known: \(known.joined(separator: "; "))"
  if isJSON(firstLine) {
    return "is JSON in no known format, it begins with \(shortened(firstLine)); \(list)"
  }
  let header = CSVColumns.names(in: firstLine).map { $0.lowercased() }
  func shared(_ type: any TraceFormat.Type) -> Int {
    type.fields.count { header.contains($0.lowercased()) }
  }
  let nearest = traceFormats.filter { $0.hasHeader }.max { shared($0) < shared($1) }
  guard let nearest, shared(nearest) > 0 else {
    return "has the header \(shortened(firstLine)) of no known format; \(list)"
  }
  let missing = nearest.fields.filter { !header.contains($0.lowercased()) }
  return "has the header \(shortened(firstLine)); nearest format: \(nearest.name),"
    + " which also needs \(missing.joined(separator: ", "))"
}

/// Whether a line looks like JSON, not like the header of a CSV file.
func isJSON(_ line: String) -> Bool {
  let start = line.first { !$0.isWhitespace && $0 != "\u{FEFF}" }
  return start == "{" || start == "["
}

/// The beginning of a line, for a message.
func shortened(_ line: String) -> String {
  line.count > 100 ? "\"\(line.prefix(100))…\"" : "\"\(line)\""
}

/// Number of characters to add, delete or change to make `a` of `b` (Levenshtein).
private func distance(_ a: String, _ b: String) -> Int {
  let b = Array(b)
  var row = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let change = diagonal + (x == y ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(change, row[j] + 1, diagonal + 1)
    }
  }
  return row[b.count]
}
