/// A file as successive runs of whole lines or JSON objects, in memory bounded by the chunk and
/// the longest of them.
struct LineReader: ~Copyable {
  /// Longer lines are refused: such a file is no table of requests.
  static let longestLine = 1 << 26
  /// Longer documents are refused: they would fill the memory.
  static let longestDocument = 1 << 30

  private let path: String
  private var source: ByteSource
  private var hash = StreamHash()
  private var isAtEnd = false
  /// Whether the file is read by JSON objects, which may go over lines, not by lines.
  var splitsDocuments = false
  private var scanner = ObjectScanner()
  /// The chunk; whole lines or objects lie in `ready`, the start of the next after it.
  private var buffer: [UInt8]
  /// Bytes of `buffer` that are whole lines or objects and not yet consumed.
  private var ready = 0..<0
  private var filled = 0

  /// Opens `path`, to be read `chunk` bytes at a time.
  init(path: String, chunk: Int) throws(TraceError) {
    self.path = path
    source = try ByteSource(path: path, chunk: min(chunk, 1 << 18))
    buffer = [UInt8](repeating: 0, count: max(chunk, 1))
  }

  /// The hash of the bytes consumed, as 16 hexadecimal digits; chunk sizes do not show in it.
  var contentHash: String { hash.hex }

  /// Hands the next whole lines or objects to `body`, which answers how many bytes of them it
  /// has read.
  ///
  /// - Returns: whether there were any.
  mutating func next(
    _ body: (Span<UInt8>) throws(TraceError) -> Int
  ) throws(TraceError) -> Bool {
    guard try fill() else { return false }
    consume(try body(buffer.span.extracting(ready)))
    return true
  }

  /// Hands the beginning of the file to `body` without consuming it: at least `least` bytes and
  /// the first line with content, as far as the file has them and the line has 4 MiB.
  mutating func peek<Result>(
    _ least: Int, _ body: (Span<UInt8>) throws(TraceError) -> Result
  ) throws(TraceError) -> Result {
    while !isAtEnd, filled < 1 << 22 {
      let isEnough = hasFirstLine
      if isEnough, filled >= least { break }
      do throws(TraceError) {
        try readMore()
      } catch {
        // Damage shows when somebody reads up to it.
        if isEnough { break }
        throw error
      }
    }
    return try body(buffer.span.extracting(ready.lowerBound..<filled))
  }

  private var hasFirstLine: Bool {
    let text = buffer.span.extracting(ready.lowerBound..<filled)
    var start = 0
    while start < text.count {
      let end = text.lineEnd(from: start)
      if end == text.count { return false }
      if !text.trimmed(start..<end).isEmpty { return true }
      start = end + 1
    }
    return false
  }

  /// Whether the file is a tar archive.
  mutating func isTar() throws(TraceError) -> Bool {
    try peek(512) { bytes in TarArchive.isHeader(bytes) }
  }

  /// Marks the first `count` bytes of `ready` as read.
  private mutating func consume(_ count: Int) {
    let end = ready.lowerBound + count
    var longer = hash
    longer.add(buffer.span.extracting(ready.lowerBound..<end))
    hash = longer
    ready = end..<ready.upperBound
  }

  /// Makes `ready` hold at least one line or document, if `ready` is empty; false at the end of
  /// the file.
  ///
  /// The last line may lack its newline.
  private mutating func fill() throws(TraceError) -> Bool {
    if !ready.isEmpty { return true }
    moveRestToFront()
    var scanned = 0
    while true {
      if let end = wholeEnd(in: scanned..<filled) {
        ready = 0..<end
        return true
      }
      if isAtEnd { break }
      scanned = filled
      try readMore()
    }
    ready = 0..<filled
    return filled > 0
  }

  private mutating func readMore() throws(TraceError) {
    if filled == buffer.count { try grow() }
    let count = try source.read(into: &buffer, from: filled)
    filled += count
    isAtEnd = count == 0
  }

  /// Where the last line or document that ends in `range` ends, all before it being read already.
  private mutating func wholeEnd(in range: Range<Int>) -> Int? {
    guard splitsDocuments else { return lastNewline(in: range).map { $0 + 1 } }
    var scanner = range.lowerBound == 0 ? ObjectScanner() : self.scanner
    var end: Int?
    var i = range.lowerBound
    do {
      let text = buffer.span.extracting(0..<range.upperBound)
      while scanner.finishObject(text, &i) { end = i }
    }
    self.scanner = scanner
    return end
  }

  private mutating func moveRestToFront() {
    let rest = ready.upperBound..<filled
    for i in rest { buffer[i - rest.lowerBound] = buffer[i] }
    filled = rest.count
    ready = 0..<0
  }

  private mutating func grow() throws(TraceError) {
    let most = splitsDocuments ? Self.longestDocument : Self.longestLine
    guard buffer.count < most else {
      let what = splitsDocuments ? "a JSON object" : "a line"
      throw TraceError(path, "has \(what) of over \(most >> 20) MiB: not a trace")
    }
    buffer.append(contentsOf: repeatElement(0, count: buffer.count))
  }

  private func lastNewline(in range: Range<Int>) -> Int? {
    var i = range.upperBound
    while i > range.lowerBound {
      i -= 1
      if buffer[i] == .newline { return i }
    }
    return nil
  }
}
