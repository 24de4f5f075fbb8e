/// The regular files of a tar archive, plain or gzipped: ustar, with long names as GNU tar or pax
/// write them.
struct TarArchive: ~Copyable {
  private let path: String
  private var source: ByteSource
  private var block = [UInt8](repeating: 0, count: 512)

  /// Opens the archive at `path`.
  ///
  /// - Throws: `TraceError` when it cannot be opened.
  init(path: String) throws(TraceError) {
    self.path = path
    source = try ByteSource(path: path, chunk: 1 << 18)
  }

  /// Whether `bytes` begin with a header of a tar archive (POSIX 1003.1, ustar, or GNU's).
  static func isHeader(_ bytes: Span<UInt8>) -> Bool {
    bytes.count >= 512 && bytes.equals(Array("ustar".utf8), in: 257..<262)
  }

  /// Hands each regular file that `wanted` names to `body`, in the order of the archive; the others
  /// are passed over.
  ///
  /// - Throws: `TraceError` when it is no tar archive or ends early, and what `body` throws.
  mutating func forEach(
    wanted: (String) -> Bool, do body: (String, [UInt8]) throws(TraceError) -> Void
  ) throws(TraceError) {
    var longName: String?
    var isFirst = true
    while try fill(isHeader: true), block.contains(where: { $0 != 0 }) {
      guard hasChecksum, let size = octal(124..<136) else {
        throw TraceError(
          path,
          isFirst && !Self.isHeader(block.span)
            ? "is no tar archive" : "is a tar archive with a damaged header")
      }
      isFirst = false
      let name = longName ?? self.name
      let kind = block[156]
      switch kind {
      case UInt8(ascii: "L"):
        longName = Self.text(try contents(size)[...])
        continue
      case UInt8(ascii: "x"):
        longName = Self.paxPath(try contents(size))
        continue
      case UInt8(ascii: "g"): try skip(size)
      case 0, UInt8(ascii: "0"):
        if wanted(name) { try body(name, try contents(size)) } else { try skip(size) }
      default: try skip(size)
      }
      longName = nil
    }
  }

  /// The names of all regular files, in the order of the archive.
  ///
  /// - Throws: `TraceError` as `forEach` does.
  mutating func names() throws(TraceError) -> [String] {
    var names: [String] = []
    let pass: (String) -> Bool = { name in
      names.append(name)
      return false
    }
    try forEach(wanted: pass, do: { (_, _) throws(TraceError) in })
    return names
  }

  /// Reads the next block; false at the end of the file, where a header may be missing.
  private mutating func fill(isHeader: Bool = false) throws(TraceError) -> Bool {
    var filled = 0
    while filled < 512 {
      let rest = 512 - filled
      var part = [UInt8](repeating: 0, count: rest)
      let count = try source.read(into: &part, from: 0)
      if count == 0 {
        if isHeader, filled == 0 { return false }
        throw TraceError(path, "is a tar archive that ends too early; fetch it again")
      }
      for i in 0..<count { block[filled + i] = part[i] }
      filled += count
    }
    return true
  }

  private mutating func contents(_ size: Int) throws(TraceError) -> [UInt8] {
    guard size <= 1 << 31 else { throw TraceError(path, "has a file of over 2 GiB") }
    var bytes = [UInt8](repeating: 0, count: (size + 511) / 512 * 512)
    var filled = 0
    while filled < bytes.count {
      let count = try source.read(into: &bytes, from: filled)
      guard count > 0 else {
        throw TraceError(path, "is a tar archive that ends too early; fetch it again")
      }
      filled += count
    }
    bytes.removeLast(bytes.count - size)
    return bytes
  }

  private mutating func skip(_ size: Int) throws(TraceError) {
    var left = (size + 511) / 512 * 512
    var bytes = [UInt8](repeating: 0, count: min(left, 1 << 18))
    while left > 0 {
      if bytes.count > left { bytes.removeLast(bytes.count - left) }
      let count = try source.read(into: &bytes, from: 0)
      guard count > 0 else {
        throw TraceError(path, "is a tar archive that ends too early; fetch it again")
      }
      left -= count
    }
  }

  private var name: String {
    let name = Self.text(block[0..<100])
    let prefix = Self.text(block[345..<500])
    let isUstar = block[257..<262].elementsEqual("ustar".utf8)
    return isUstar && !prefix.isEmpty && block[262] == 0 ? "\(prefix)/\(name)" : name
  }

  /// The sum of a header's bytes, those of the sum itself taken as blanks.
  private var hasChecksum: Bool {
    var sum = 0
    for (i, byte) in block.enumerated() { sum += (148..<156).contains(i) ? 32 : Int(byte) }
    return octal(148..<156) == sum
  }

  private func octal(_ range: Range<Int>) -> Int? {
    // GNU tar writes sizes of 8 GiB and more in binary, with the first bit set.
    var value = 0
    for byte in block[range] {
      if byte == 0 || byte == .space { continue }
      guard byte.digit < 8, value < 1 << 50 else { return nil }
      value = value * 8 + Int(byte.digit)
    }
    return value
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The path of a pax header, whose records are `LENGTH KEY=VALUE\n`; nil if it has none.
  private static func paxPath(_ bytes: [UInt8]) -> String? {
    var start = 0
    while start < bytes.count {
      var i = start
      var length = 0
      while i < bytes.count, bytes[i].digit <= 9, length < bytes.count {
        length = length * 10 + Int(bytes[i].digit)
        i += 1
      }
      guard length > 0, start + length <= bytes.count, i + 1 < start + length else { return nil }
      let record = String(decoding: bytes[(i + 1)..<(start + length - 1)], as: UTF8.self)
      if record.hasPrefix("path=") { return String(record.dropFirst(5)) }
      start += length
    }
    return nil
  }
}
