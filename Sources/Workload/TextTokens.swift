internal import Kernel

/// Estimates the tokens of a text and names its blocks of 16 tokens, by so many characters a token.
///
/// Texts with equal beginnings get equal names as far as whole blocks are equal.
struct TextTokens: Sendable {
  /// Tokens of a block, vLLM's default.
  static let tokensPerBlock: Int32 = 16

  private let charactersPerToken: Double

  init(charactersPerToken: Double) { self.charactersPerToken = charactersPerToken }

  /// The tokens of the JSON text in `range`, begun ones too, and the names of its full blocks.
  ///
  /// A character is a Unicode scalar; escapes count as what they stand for.
  func read(_ text: Span<UInt8>, _ range: Range<Int>, into names: inout [UInt64]) -> Int {
    var hash = ContentHash()
    var characters = 0
    var block = 1
    var end = blockEnd(block)
    var i = range.lowerBound
    while i < range.upperBound {
      Self.character(text, &i, range.upperBound, &hash)
      characters += 1
      if characters == end {
        names.append(hash.mixed)
        hash = ContentHash()
        block += 1
        end = blockEnd(block)
      }
    }
    return Int((Double(characters) / charactersPerToken).rounded(.up))
  }

  /// The characters that the first `count` blocks have.
  private func blockEnd(_ count: Int) -> Int {
    max(count, Int(Double(count * Int(Self.tokensPerBlock)) * charactersPerToken))
  }

  /// Adds one character to `hash`.
  private static func character(
    _ text: Span<UInt8>, _ i: inout Int, _ end: Int, _ hash: inout ContentHash
  ) {
    let byte = text[i]
    i += 1
    guard byte == UInt8(ascii: "\\"), i < end else {
      hash.add(byte)
      // The rest of a scalar of several bytes.
      while byte >= 0xC0, i < end, text[i] & 0xC0 == 0x80 {
        hash.add(text[i])
        i += 1
      }
      return
    }
    let escape = text[i]
    i += 1
    switch escape {
    case UInt8(ascii: "n"): hash.add(0x0A as UInt8)
    case UInt8(ascii: "r"): hash.add(0x0D as UInt8)
    case UInt8(ascii: "t"): hash.add(0x09 as UInt8)
    case UInt8(ascii: "b"): hash.add(0x08 as UInt8)
    case UInt8(ascii: "f"): hash.add(0x0C as UInt8)
    case UInt8(ascii: "u"): unicode(text, &i, end, &hash)
    default: hash.add(escape)
    }
  }

  /// Adds what `\u` and its digits stand for, with the second half of a pair if there is one.
  private static func unicode(
    _ text: Span<UInt8>, _ i: inout Int, _ end: Int, _ hash: inout ContentHash
  ) {
    var value = hexadecimal(text, &i, end)
    if value & 0xFC00 == 0xD800, i + 1 < end, text[i] == UInt8(ascii: "\\"),
      text[i + 1] == UInt8(ascii: "u")
    {
      var next = i + 2
      let low = hexadecimal(text, &next, end)
      if low & 0xFC00 == 0xDC00 {
        value = 0x10000 + (value & 0x3FF) << 10 + low & 0x3FF
        i = next
      }
    }
    for unit in UTF8.encode(Unicode.Scalar(value) ?? "\u{FFFD}") ?? .init() { hash.add(unit) }
  }

  private static func hexadecimal(_ text: Span<UInt8>, _ i: inout Int, _ end: Int) -> UInt32 {
    var value: UInt32 = 0
    let stop = min(i + 4, end)
    while i < stop {
      let letter = (text[i] | 0x20) &- UInt8(ascii: "a")
      let digit = text[i].digit <= 9 ? text[i].digit : letter < 6 ? letter + 10 : 0
      value = value * 16 + UInt32(digit)
      i += 1
    }
    return value
  }
}
