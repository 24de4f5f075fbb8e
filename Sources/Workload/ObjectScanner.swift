/// Finds where the JSON objects of a text end that stand one after another or in an array.
///
/// It looks at nothing but quotes and braces, so it finds its way through what is no JSON too.
struct ObjectScanner {
  private var depth = 0
  private var isInString = false
  private var isEscaped = false

  /// Walks on from `i` to after the end of the object at hand; false, at the end of the text, if
  /// it does not end there.
  mutating func finishObject(_ text: Span<UInt8>, _ i: inout Int) -> Bool {
    while i < text.count {
      let byte = text[i]
      i += 1
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == .quote {
          isInString = false
        }
      } else if byte == .quote {
        isInString = true
      } else if byte == UInt8(ascii: "{") {
        depth += 1
      } else if byte == UInt8(ascii: "}") {
        depth = max(0, depth - 1)
        if depth == 0 { return true }
      }
    }
    return false
  }
}
