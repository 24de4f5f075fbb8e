/// Where the wanted columns of a CSV file stand, found by the names in its header.
///
/// RFC 4180 with one row a line: names and values may be quoted and have blanks around them.
public struct CSVColumns: Sendable {
  /// The names in the header, as they are written.
  let header: [String]
  /// Field of each column, −1 for a column that is not wanted.
  private let fields: [Int]
  /// The last row that was split: where each wanted field lies, blanks and quotes taken away; empty
  /// for a column that the file does not have.
  ///
  /// In line: an array would be retained and released for every row.
  private(set) var ranges = Ranges(repeating: 0..<0)
  /// Where each wanted field of a row lies; empty for a column that the file does not have.
  typealias Ranges = InlineArray<12, Range<Int>>

  /// The columns called `names`, upper or lower case, in a file with `header`, and those of
  /// `optional` that are there, numbered on.
  ///
  /// - Throws: a description of what the header lacks or has twice.
  init(header line: String, names required: [String], optional: [String] = [])
    throws(HeaderFault)
  {
    let header = Self.names(in: line)
    let names = required + optional
    self.header = header
    fields = header.map { column in
      names.firstIndex { $0.lowercased() == column.lowercased() } ?? -1
    }
    precondition(names.count <= ranges.count, "a format reads at most twelve columns")
    var missing: [String] = []
    for (field, name) in names.enumerated() {
      let count = fields.count { $0 == field }
      if count == 0, field < required.count { missing.append(name) }
      if count > 1 { throw .twice(name) }
    }
    if !missing.isEmpty { throw .missing(missing) }
  }

  /// What is wrong with a header.
  enum HeaderFault: Error {
    case missing([String])
    case twice(String)
  }

  /// Whether the file has the wanted column `field`.
  func has(_ field: Int) -> Bool { fields.contains(field) }

  /// Columns of the header that nobody asked for.
  var unused: [String] { zip(header, fields).filter { $0.1 < 0 }.map(\.0) }

  /// The column names of a header line.
  static func names(in line: String) -> [String] {
    line.split(separator: ",", omittingEmptySubsequences: false).map { name in
      let blanks: (Character) -> Bool = { $0.isWhitespace || $0 == "\"" || $0 == "\u{FEFF}" }
      return String(name.drop(while: blanks).reversed().drop(while: blanks).reversed())
    }
  }

  /// Finds the wanted fields of a row.
  mutating func split(_ line: Span<UInt8>) throws(RowFault) {
    var column = 0
    var start = 0
    while true {
      let (value, end) = try Self.field(of: line, from: start)
      guard column < fields.count else { throw RowFault(.tooManyFields) }
      if fields[column] >= 0 { ranges[fields[column]] = value }
      column += 1
      guard end < line.count else { break }
      start = end + 1
    }
    guard column == fields.count else { throw RowFault(.tooFewFields) }
  }

  /// The value that starts at `start` and the index of the comma after it.
  private static func field(
    of line: Span<UInt8>, from start: Int
  ) throws(RowFault) -> (value: Range<Int>, end: Int) {
    var low = start
    while low < line.count, line[low].isBlank { low += 1 }
    if low < line.count, line[low] == .quote { return try quoted(of: line, from: low + 1) }
    var end = low
    while end < line.count, line[end] != .comma { end += 1 }
    var high = end
    while high > low, line[high - 1].isBlank { high -= 1 }
    return (low..<high, end)
  }

  private static func quoted(
    of line: Span<UInt8>, from start: Int
  ) throws(RowFault) -> (value: Range<Int>, end: Int) {
    var close = start
    while close < line.count {
      if line[close] == .quote {
        guard close + 1 < line.count, line[close + 1] == .quote else { break }
        close += 1
      }
      close += 1
    }
    var end = close + 1
    while end < line.count, line[end].isBlank { end += 1 }
    guard close < line.count, end >= line.count || line[end] == .comma else {
      throw RowFault(.quote)
    }
    return (line.trimmed(start..<close), end)
  }
}
