#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The ASCII characters that the scanners look for.
extension UInt8 {
  static let newline = UInt8(ascii: "\n")
  static let comma = UInt8(ascii: ",")
  static let quote = UInt8(ascii: "\"")
  static let minus = UInt8(ascii: "-")
  static let plus = UInt8(ascii: "+")
  static let point = UInt8(ascii: ".")
  static let colon = UInt8(ascii: ":")
  static let space = UInt8(ascii: " ")

  /// Space, tab or carriage return.
  var isBlank: Bool { self == .space || self == 0x09 || self == 0x0D }
  /// The value of a decimal digit; above 9 for every other character.
  var digit: UInt8 { self &- 0x30 }
}

extension Span<UInt8> {
  /// The index of the first newline from `start` on, the end if there is none.
  func lineEnd(from start: Int) -> Int {
    withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, start < bytes.count,
        let found = memchr(base + start, Int32(UInt8.newline), bytes.count - start)
      else { return bytes.count }
      return UnsafeRawPointer(found) - base
    }
  }

  /// `range` without blanks at both of its ends.
  func trimmed(_ range: Range<Int>) -> Range<Int> {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high, self[low].isBlank { low += 1 }
    while high > low, self[high - 1].isBlank { high -= 1 }
    return low..<high
  }

  /// Whether the bytes in `range` are `text`.
  func equals(_ text: [UInt8], in range: Range<Int>) -> Bool {
    guard range.count == text.count else { return false }
    for i in text.indices where self[range.lowerBound + i] != text[i] { return false }
    return true
  }

  /// The bytes in `range` as text; what is not UTF-8 becomes U+FFFD.
  func text(_ range: Range<Int>) -> String {
    extracting(range).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }

  /// The bytes in `range` as text for a message: at most 40 characters, no control characters.
  func excerpt(_ range: Range<Int>) -> String {
    let text = text(range.lowerBound..<Swift.min(range.upperBound, range.lowerBound + 160))
    let shown = String(text.prefix(40).map { $0.isNewline || $0 == "\0" ? "\u{FFFD}" : $0 })
    return text.count > 40 || range.count > 160 ? shown + "…" : shown
  }
}
