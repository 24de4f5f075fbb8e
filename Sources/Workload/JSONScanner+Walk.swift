/// Ways through objects and lists, for formats that look for a few keys.
extension JSONScanner {
  /// Reads the object at `i` and hands the place of each key to `body`, which goes on after the
  /// value.
  static func members(
    of text: Span<UInt8>, _ i: inout Int,
    _ body: (Range<Int>, inout Int) throws(RowFault) -> Void
  ) throws(RowFault) {
    skipBlanks(text, &i)
    guard i < text.count, text[i] == UInt8(ascii: "{") else {
      throw RowFault(.object, at: i..<text.count)
    }
    i += 1
    if isEmptyList(until: UInt8(ascii: "}"), text, &i) { return }
    repeat {
      let key = try string(text, &i)
      try expect(.colon, text, &i)
      skipBlanks(text, &i)
      try body(key, &i)
    } while try continues(until: UInt8(ascii: "}"), text, &i)
  }

  /// Reads the object at `i` and answers where the values of `keys` stand; empty if they are
  /// missing or null.
  ///
  /// - Throws: a fault if it is no object or has one of the keys twice, `keys` being the fields.
  static func values(
    of keys: [[UInt8]], in text: Span<UInt8>, _ i: inout Int
  ) throws(RowFault) -> CSVColumns.Ranges {
    var values = CSVColumns.Ranges(repeating: 0..<0)
    var seen = 0
    try members(of: text, &i) { (key, i) throws(RowFault) in
      let range = try value(text, &i)
      guard let field = keys.firstIndex(where: { text.equals($0, in: key) }) else { return }
      guard seen & 1 << field == 0 else { throw RowFault(.twice, field: field) }
      seen |= 1 << field
      if text[range.lowerBound] != UInt8(ascii: "n") { values[field] = range }
    }
    return values
  }

  /// As `values`, of a text that is nothing but this object.
  static func values(
    of keys: [[UInt8]], inAll text: Span<UInt8>
  ) throws(RowFault) -> CSVColumns.Ranges {
    var i = text.count >= 3 && text[0] == 0xEF && text[1] == 0xBB && text[2] == 0xBF ? 3 : 0
    let values = try values(of: keys, in: text, &i)
    skipBlanks(text, &i)
    guard i == text.count else { throw RowFault(.json, at: i..<text.count) }
    return values
  }

  /// Reads the list in `range` and calls `body` at each element, which goes on after it.
  ///
  /// - Throws: a fault of `field` if there is no list.
  static func elements(
    of text: Span<UInt8>, in range: Range<Int>, field: Int,
    _ body: (inout Int) throws(RowFault) -> Void
  ) throws(RowFault) {
    guard !range.isEmpty, text[range.lowerBound] == UInt8(ascii: "[") else {
      throw RowFault(range.isEmpty ? .missing : .list, field: field, at: range)
    }
    var i = range.lowerBound + 1
    if isEmptyList(until: UInt8(ascii: "]"), text, &i) { return }
    repeat {
      skipBlanks(text, &i)
      try body(&i)
    } while try continues(until: UInt8(ascii: "]"), text, &i)
  }

  /// Appends the whole numbers in `range`: with commas or blanks between them, in brackets or not.
  ///
  /// - Throws: a fault of `field` for anything else.
  static func naturals(
    of text: Span<UInt8>, in range: Range<Int>, field: Int, into list: inout [UInt64]
  ) throws(RowFault) {
    guard !range.isEmpty else { return }
    var (i, end) = (range.lowerBound, range.upperBound)
    if text[i] == UInt8(ascii: "["), text[end - 1] == UInt8(ascii: "]") {
      i += 1
      end -= 1
    }
    let numbers = text.extracting(0..<end)
    while true {
      while i < end, text[i].isBlank || text[i] == .newline || text[i] == .comma { i += 1 }
      if i >= end { return }
      guard let number = natural(numbers, &i) else {
        list.removeAll(keepingCapacity: true)
        throw RowFault(.list, field: field, at: range)
      }
      list.append(number)
    }
  }

  /// What lies between the quotes of the text at `range`, escapes as they are written.
  ///
  /// - Throws: a fault of `field` if there is no text.
  static func content(
    of text: Span<UInt8>, in range: Range<Int>, field: Int
  ) throws(RowFault) -> Range<Int> {
    guard !range.isEmpty else { throw RowFault(.missing, field: field) }
    guard text[range.lowerBound] == .quote else {
      throw RowFault(.notText, field: field, at: range)
    }
    return (range.lowerBound + 1)..<(range.upperBound - 1)
  }
}
