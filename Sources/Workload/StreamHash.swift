internal import Kernel

/// A content hash whose value does not depend on how the bytes were cut into pieces.
struct StreamHash {
  private var hash = ContentHash()
  private var pending: [UInt8] = []  // fewer than eight bytes, the size of the hash's stride

  /// Adds `bytes`.
  mutating func add(_ bytes: Span<UInt8>) {
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
