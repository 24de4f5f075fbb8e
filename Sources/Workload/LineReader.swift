internal import Kernel

/// A file as successive runs of whole lines, in memory bounded by the chunk and the longest line.
struct LineReader: ~Copyable {
  /// Longer lines are refused: such a file is no table of requests.
  static let longestLine = 1 << 26

  private let path: String
  private var source: ByteSource
  private var hash = StreamHash()
  private var isAtEnd = false
  /// The chunk; whole lines lie in `ready`, the start of the next line after it.
  private var buffer: [UInt8]
  /// Bytes of `buffer` that are whole lines and not yet consumed.
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

  /// Hands the next whole lines to `body`, which answers how many bytes it has read of them.
  ///
  /// - Returns: whether there were any lines.
  mutating func next(
    _ body: (Span<UInt8>) throws(TraceError) -> Int
  ) throws(TraceError) -> Bool {
    guard try fill() else { return false }
    consume(try body(buffer.span.extracting(ready)))
    return true
  }

  /// Marks the first `count` bytes of `ready` as read.
  private mutating func consume(_ count: Int) {
    let end = ready.lowerBound + count
    hash = hash.adding(buffer.span.extracting(ready.lowerBound..<end))
    ready = end..<ready.upperBound
  }

  /// Makes `ready` hold at least one line, if `ready` is empty; false at the end of the file.
  ///
  /// The last line may lack its newline.
  private mutating func fill() throws(TraceError) -> Bool {
    if !ready.isEmpty { return true }
    moveRestToFront()
    while !isAtEnd {
      if filled == buffer.count { try grow() }
      let scanned = filled
      let count = try source.read(into: &buffer, from: filled)
      filled += count
      isAtEnd = count == 0
      if let newline = lastNewline(in: scanned..<filled) {
        ready = 0..<(newline + 1)
        return true
      }
    }
    ready = 0..<filled
    return filled > 0
  }

  private mutating func moveRestToFront() {
    let rest = ready.upperBound..<filled
    for i in rest { buffer[i - rest.lowerBound] = buffer[i] }
    filled = rest.count
    ready = 0..<0
  }

  private mutating func grow() throws(TraceError) {
    guard buffer.count < Self.longestLine else {
      throw TraceError(path, "has a line of over \(Self.longestLine >> 20) MiB: not a trace")
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

/// A content hash whose value does not depend on how the bytes were cut into pieces.
private struct StreamHash {
  private var hash = ContentHash()
  private var pending: [UInt8] = []  // fewer than eight bytes, the size of the hash's stride

  func adding(_ bytes: Span<UInt8>) -> StreamHash {
    var result = self
    result.add(bytes)
    return result
  }

  private mutating func add(_ bytes: Span<UInt8>) {
    var start = 0
    while !pending.isEmpty, start < bytes.count {
      pending.append(bytes[start])
      start += 1
      if pending.count == 8 {
        pending.withUnsafeBytes { hash.add($0) }
        pending.removeAll(keepingCapacity: true)
      }
    }
    let whole = (bytes.count - start) / 8 * 8
    bytes.extracting(start..<(start + whole)).withUnsafeBytes { hash.add($0) }
    for i in (start + whole)..<bytes.count { pending.append(bytes[i]) }
  }

  var hex: String {
    var whole = hash
    pending.withUnsafeBytes { whole.add($0) }
    return whole.hex
  }
}
