internal import Files
internal import Metrics

/// Bytes of a file on their way out: numbers become decimal text here, without `String`.
///
/// Room is made once a row (`reserve`), appends only check that they stay within it, and a full
/// buffer is handed to the sink, so a file of any length needs bounded memory.
struct ByteBuffer: ~Copyable {
  private var bytes: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  /// Bytes that wait to be written.
  private(set) var count = 0

  /// An empty buffer.
  init(capacity: Int = 1 << 16) {
    self.capacity = capacity
    bytes = .allocate(capacity: capacity)
  }

  deinit { bytes.deallocate() }

  /// Makes room for `extra` bytes more.
  mutating func reserve(_ extra: Int) {
    guard count + extra > capacity else { return }
    capacity = max(2 * capacity, count + extra)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    larger.update(from: bytes, count: count)
    bytes.deallocate()
    bytes = larger
  }

  /// The bytes, valid during the call.
  borrowing func withBytes<R: ~Copyable, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try body(UnsafeRawBufferPointer(start: bytes, count: count))
  }

  /// Forgets the bytes and keeps the room.
  mutating func removeAll() { count = 0 }

  /// Appends one byte.
  mutating func append(_ byte: UInt8) {
    precondition(count < capacity, "row longer than the room reserved")
    bytes[count] = byte
    count += 1
  }

  /// Appends a comma.
  mutating func comma() { append(UInt8(ascii: ",")) }
  /// Ends a line.
  mutating func newline() { append(UInt8(ascii: "\n")) }

  /// Appends text that is known at compile time.
  mutating func append(_ text: StaticString) {
    let length = text.utf8CodeUnitCount
    precondition(count + length <= capacity, "row longer than the room reserved")
    (bytes + count).update(from: text.utf8Start, count: length)
    count += length
  }

  /// Appends text, making room for it.
  mutating func append(text: String) {
    reserve(text.utf8.count)
    for byte in text.utf8 { append(byte) }
  }

  /// Appends a whole number.
  mutating func append(_ number: Int64) {
    if number < 0 { append(UInt8(ascii: "-")) }
    var rest = number.magnitude
    let length = Self.digits(of: rest)
    precondition(count + length <= capacity, "row longer than the room reserved")
    var end = count + length
    count = end
    while rest >= 100 {
      end -= 2
      put(pair: Int(rest % 100), at: end)
      rest /= 100
    }
    if rest >= 10 {
      put(pair: Int(rest), at: end - 2)
    } else {
      bytes[end - 1] = UInt8(ascii: "0") + UInt8(rest)
    }
  }

  /// Appends a whole number.
  mutating func append(_ number: Int32) { append(Int64(number)) }

  /// Appends picoseconds as seconds with 12 decimals, exactly.
  mutating func append(seconds picoseconds: Int64) {
    let size = sign(picoseconds)
    append(Int64(size / 1_000_000_000_000))
    append(UInt8(ascii: "."))
    let rest = size % 1_000_000_000_000
    append(fourDigits: rest / 100_000_000)
    append(fourDigits: rest / 10_000 % 10_000)
    append(fourDigits: rest % 10_000)
  }

  /// Appends picoseconds as milliseconds with 9 decimals, exactly.
  mutating func append(milliseconds picoseconds: Int64) {
    let size = sign(picoseconds)
    append(Int64(size / 1_000_000_000))
    append(UInt8(ascii: "."))
    let rest = size % 1_000_000_000
    append(UInt8(ascii: "0") + UInt8(rest / 100_000_000))
    append(fourDigits: rest / 10_000 % 10_000)
    append(fourDigits: rest % 10_000)
  }

  /// Appends picoseconds as microseconds with 6 decimals, exactly.
  mutating func append(microseconds picoseconds: Int64) {
    let size = sign(picoseconds)
    append(Int64(size / 1_000_000))
    append(UInt8(ascii: "."))
    append(millionths: size % 1_000_000)
  }

  /// Appends `part / whole` with 6 decimals, half to even; nothing when `whole` is 0.
  mutating func append(share part: Int32, of whole: Int32) {
    guard whole > 0 else { return }
    let millionths = roundedQuotient(Int64(part) * 1_000_000, Int64(whole))
    let size = sign(millionths)
    append(Int64(size / 1_000_000))
    append(UInt8(ascii: "."))
    append(millionths: size % 1_000_000)
  }

  private mutating func sign(_ number: Int64) -> UInt64 {
    if number < 0 { append(UInt8(ascii: "-")) }
    return number.magnitude
  }

  private mutating func append(millionths rest: UInt64) {
    append(fourDigits: rest / 100)
    precondition(count + 2 <= capacity, "row longer than the room reserved")
    put(pair: Int(rest % 100), at: count)
    count += 2
  }

  private mutating func append(fourDigits number: UInt64) {
    precondition(count + 4 <= capacity, "row longer than the room reserved")
    put(pair: Int(number / 100), at: count)
    put(pair: Int(number % 100), at: count + 2)
    count += 4
  }

  private func put(pair: Int, at place: Int) {
    bytes[place] = Self.pairs.utf8Start[2 * pair]
    bytes[place + 1] = Self.pairs.utf8Start[2 * pair + 1]
  }

  private static func digits(of number: UInt64) -> Int {
    var length = 1
    var limit: UInt64 = 10
    while number >= limit {
      length += 1
      guard length < 20 else { return length }
      limit *= 10
    }
    return length
  }

  private static var pairs: StaticString {
    """
    0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546\
    4748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293\
    949596979899
    """
  }
}
