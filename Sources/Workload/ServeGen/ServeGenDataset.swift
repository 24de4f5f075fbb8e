/// Reads `chunk-N-dataset.json`: for the start of each window the distributions of lengths, each a
/// Python dict inside a string.
struct ServeGenDataset {
  private let path: String
  private let lines: [UInt8]
  /// The same with line breaks as blanks, which is what the scanner takes.
  private let text: [UInt8]
  /// Keys that are known to be of no use here, by first appearance.
  private(set) var unused: [String] = []

  init(_ bytes: [UInt8], _ path: String) {
    self.path = path
    lines = bytes
    text = bytes.map { $0 == .newline ? .space : $0 }
  }

  /// The windows with data, ascending by start.
  ///
  /// - Throws: `TraceError` at the first line that is not as it should be.
  mutating func windows() throws(TraceError) -> [ServeGenClient.Lengths] {
    var windows: [ServeGenClient.Lengths] = []
    var i = 0
    do throws(RowFault) {
      try JSONScanner.expect(UInt8(ascii: "{"), text.span, &i)
      let isEmpty = JSONScanner.isEmptyList(until: UInt8(ascii: "}"), text.span, &i)
      if !isEmpty {
        repeat {
          let key = try JSONScanner.string(text.span, &i)
          guard let start = Double(text.span.text(key)), start >= 0, start.isFinite else {
            throw RowFault(.number, field: 0, at: key)
          }
          try JSONScanner.expect(.colon, text.span, &i)
          let tokens = try window(&i)
          if tokens.hasData { windows.append(.init(start: start, tokens: tokens)) }
        } while try JSONScanner.continues(until: UInt8(ascii: "}"), text.span, &i)
      }
      JSONScanner.skipBlanks(text.span, &i)
      guard i == text.count else { throw RowFault(.json, at: i..<text.count) }
    } catch {
      throw complaint(error, at: i)
    }
    let order = windows.indices.sorted { (windows[$0].start, $0) < (windows[$1].start, $1) }
    return order.map { windows[$0] }
  }

  private static let fields = ["the window's start", "the distribution", "the key"]

  private func complaint(_ fault: RowFault, at place: Int) -> TraceError {
    let offset = min(fault.range.isEmpty ? place : fault.range.lowerBound, lines.count)
    let line = 1 + lines[..<offset].count { $0 == .newline }
    if fault.field == 1 {
      return TraceError(
        path, line: line,
        "the distribution \"\(text.span.excerpt(fault.range))\" is no {tokens: share, …}")
    }
    if fault.field == 2 {
      let known = ServeGenTokens.prompts + ServeGenTokens.counts + [ServeGenTokens.output]
      return TraceError(
        path, line: line,
        "unknown key \"\(text.span.excerpt(fault.range))\"; known: "
          + known.joined(separator: ", "))
    }
    return TraceError(
      path, line: line,
      fault.description(fields: Self.fields, value: text.span.excerpt(fault.range)))
  }

  private mutating func window(_ i: inout Int) throws(RowFault) -> ServeGenTokens {
    var tokens = ServeGenTokens()
    try JSONScanner.expect(UInt8(ascii: "{"), text.span, &i)
    if JSONScanner.isEmptyList(until: UInt8(ascii: "}"), text.span, &i) { return tokens }
    repeat {
      let range = try JSONScanner.string(text.span, &i)
      let key = text.span.text(range)
      try JSONScanner.expect(.colon, text.span, &i)
      // Reasoning is part of the output, whose tokens count it already.
      if key.hasPrefix("reason") || key.hasPrefix("answer") {
        _ = try JSONScanner.value(text.span, &i)
        if !unused.contains(key) { unused.append(key) }
        continue
      }
      JSONScanner.skipBlanks(text.span, &i)
      let value = try JSONScanner.string(text.span, &i)
      guard let frequencies = Self.frequencies(text.span, value) else {
        throw RowFault(.list, field: 1, at: value)
      }
      guard tokens.set(key, frequencies) else { throw RowFault(.missing, field: 2, at: range) }
    } while try JSONScanner.continues(until: UInt8(ascii: "}"), text.span, &i)
    return tokens
  }

  /// The dict in `range`, such as `{9: 0.25, 163: 0.75}`; nil if it is none.
  private static func frequencies(
    _ text: Span<UInt8>, _ range: Range<Int>
  ) -> ServeGenTokens.Frequencies? {
    var result = ServeGenTokens.Frequencies()
    var i = range.lowerBound
    func skip() { while i < range.upperBound, text[i].isBlank { i += 1 } }
    func take(_ byte: UInt8) -> Bool {
      skip()
      guard i < range.upperBound, text[i] == byte else { return false }
      i += 1
      return true
    }
    guard take(UInt8(ascii: "{")) else { return nil }
    if !take(UInt8(ascii: "}")) {
      repeat {
        skip()
        var key = 0
        let first = i
        while i < range.upperBound, text[i].digit <= 9, key < 1 << 40 {
          key = key * 10 + Int(text[i].digit)
          i += 1
        }
        guard i > first, take(.colon) else { return nil }
        skip()
        let start = i
        while i < range.upperBound, text[i] != .comma, text[i] != UInt8(ascii: "}") { i += 1 }
        guard let share = Double(text.text(text.trimmed(start..<i))), result.add(key, share) else {
          return nil
        }
      } while take(.comma)
      guard take(UInt8(ascii: "}")) else { return nil }
    }
    skip()
    return i == range.upperBound ? result : nil
  }
}
