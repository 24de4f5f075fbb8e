/// Finds the wanted members of one JSON object a line, and reads one of them as a list of names.
struct JSONMembers: Sendable {
  /// The wanted keys; a fault refers to them by index.
  private let keys: [[UInt8]]
  /// The key whose list of whole numbers is read; −1 without.
  private let list: Int
  /// Where each value of the last line stands; empty if it is missing.
  private var ranges: [Range<Int>]
  /// How many names the list of the last line has; nil without a list.
  private(set) var names: Int?
  /// Whether a name occurs twice in it.
  private(set) var hasDuplicates = false
  /// The key that stood at each place of an earlier line: most files keep one order.
  private var order: [Int]

  /// Looks for `keys`; the value of the one called `list` is a list of whole numbers.
  init(_ keys: [String], list: String? = nil) {
    ranges = keys.map { _ in 0..<0 }
    order = Array(repeating: 0, count: 2 * keys.count)
    self.keys = keys.map { Array($0.utf8) }
    self.list = list.flatMap { keys.firstIndex(of: $0) } ?? -1
  }

  /// Reads one line; the numbers of the list go to `hashes`.
  ///
  /// - Throws: `RowFault` if the line is no JSON object or has a wanted key twice.
  mutating func read(_ line: Span<UInt8>, into hashes: inout [UInt64]) throws(RowFault) {
    for field in ranges.indices { ranges[field] = 0..<0 }
    names = nil
    hasDuplicates = false
    let start = Self.start(of: line)
    var i = start
    guard i < line.count, line[i] == UInt8(ascii: "{") else {
      throw RowFault(.object, at: 0..<line.count)
    }
    i += 1
    if !JSONScanner.isEmptyList(until: UInt8(ascii: "}"), line, &i) {
      var place = 0
      repeat {
        try member(line, &i, place, &hashes)
        place += 1
      } while try JSONScanner.continues(until: UInt8(ascii: "}"), line, &i)
    }
    JSONScanner.skipBlanks(line, &i)
    guard i == line.count else { throw RowFault(.json, at: i..<line.count) }
  }

  /// Whether the line has a key.
  func has(_ field: Int) -> Bool { !ranges[field].isEmpty }

  /// Where a value stands that must be there.
  func value(_ field: Int, _ line: Span<UInt8>) throws(RowFault) -> Range<Int> {
    let range = ranges[field]
    if range.isEmpty { throw RowFault(.missing, field: field) }
    if line[range.lowerBound] == UInt8(ascii: "n") { throw RowFault(.null, field: field) }
    return range
  }

  /// Where a value stands, nil if it is missing or null.
  func optional(_ field: Int, _ line: Span<UInt8>) -> Range<Int>? {
    let range = ranges[field]
    return range.isEmpty || line[range.lowerBound] == UInt8(ascii: "n") ? nil : range
  }

  /// The text of a name, which may be a string or a number; nil if it is missing, null or empty.
  func name(_ field: Int, _ line: Span<UInt8>) -> String? {
    guard let range = optional(field, line) else { return nil }
    let isQuoted = line[range.lowerBound] == .quote
    let text = isQuoted ? (range.lowerBound + 1)..<(range.upperBound - 1) : range
    return text.isEmpty ? nil : line.text(text)
  }

  /// Refuses a list that is neither missing nor null nor of whole numbers.
  func checkList(_ line: Span<UInt8>) throws(RowFault) {
    guard list >= 0, names == nil, let range = optional(list, line) else { return }
    throw RowFault(.list, field: list, at: range)
  }

  /// The index after a byte order mark.
  private static func start(of line: Span<UInt8>) -> Int {
    line.count >= 3 && line[0] == 0xEF && line[1] == 0xBB && line[2] == 0xBF ? 3 : 0
  }

  /// Reads one key and its value.
  private mutating func member(
    _ line: Span<UInt8>, _ i: inout Int, _ place: Int, _ hashes: inout [UInt64]
  ) throws(RowFault) {
    let found: Int?
    if let usual = skipUsualKey(line, &i, place) {
      found = usual
    } else {
      found = field(of: try JSONScanner.string(line, &i), line, place)
    }
    try JSONScanner.expect(.colon, line, &i)
    JSONScanner.skipBlanks(line, &i)
    guard let field = found else {
      _ = try JSONScanner.value(line, &i)
      return
    }
    guard ranges[field].isEmpty else { throw RowFault(.twice, field: field) }
    if field == list, i < line.count, line[i] == UInt8(ascii: "[") {
      ranges[field] = try readList(line, &i, into: &hashes)
    } else {
      ranges[field] = try JSONScanner.value(line, &i)
    }
  }

  /// Skips the key that stood at `place` of an earlier line, if it stands there again.
  private func skipUsualKey(_ line: Span<UInt8>, _ i: inout Int, _ place: Int) -> Int? {
    JSONScanner.skipBlanks(line, &i)
    guard place < order.count, order[place] < keys.count, i < line.count, line[i] == .quote
    else { return nil }
    let end = i + 1 + keys[order[place]].count
    guard end < line.count, line[end] == .quote, line.equals(keys[order[place]], in: (i + 1)..<end)
    else { return nil }
    i = end + 1
    return order[place]
  }

  private mutating func field(of key: Range<Int>, _ line: Span<UInt8>, _ place: Int) -> Int? {
    for field in keys.indices where line.equals(keys[field], in: key) {
      if place < order.count { order[place] = field }
      return field
    }
    return nil
  }

  /// Reads a list of whole numbers; anything else is left for `checkList`.
  private mutating func readList(
    _ line: Span<UInt8>, _ i: inout Int, into hashes: inout [UInt64]
  ) throws(RowFault) -> Range<Int> {
    let start = i
    hashes.removeAll(keepingCapacity: true)
    var previous: UInt64 = 0
    var isAscending = true
    i += 1
    if !JSONScanner.isEmptyList(until: UInt8(ascii: "]"), line, &i) {
      repeat {
        JSONScanner.skipBlanks(line, &i)
        guard let hash = JSONScanner.natural(line, &i) else {
          i = start
          hashes.removeAll(keepingCapacity: true)
          return try JSONScanner.value(line, &i)
        }
        isAscending = isAscending && (hashes.isEmpty || hash > previous)
        previous = hash
        hashes.append(hash)
      } while try JSONScanner.continues(until: UInt8(ascii: "]"), line, &i)
    }
    names = hashes.count
    // Chained ids are numbered in order of appearance, so they ascend; hashes need a closer look.
    if !isAscending { hasDuplicates = Self.hasDuplicates(hashes) }
    return start..<i
  }

  private static func hasDuplicates(_ list: [UInt64]) -> Bool {
    let all = list.sorted()
    return zip(all, all.dropFirst()).contains { $0 == $1 }
  }
}

/// The keys of the JSON object that `line` is or begins; empty if it is none.
func jsonKeys(in line: String) -> [String] {
  var keys: [String] = []
  let bytes = Array(line.utf8)
  let text = bytes.span
  var i = text.trimmed(0..<text.count).lowerBound
  if bytes[i...].starts(with: [0xEF, 0xBB, 0xBF]) { i += 3 }
  do throws(RowFault) {
    try JSONScanner.expect(UInt8(ascii: "{"), text, &i)
    repeat {
      keys.append(text.text(try JSONScanner.string(text, &i)))
      try JSONScanner.expect(.colon, text, &i)
      _ = try JSONScanner.value(text, &i)
    } while try JSONScanner.continues(until: UInt8(ascii: "}"), text, &i)
  } catch {
    // What could be read is enough to tell formats apart.
  }
  return keys
}
