internal import Kernel

/// Which decode of a batch has the longest context: O(log sequences) a join, amortised.
///
/// All contexts grow by one a decode step, so length − clock never changes and orders them; what
/// has left stays in the heap until it comes to its top or the heap has grown twice too large.
struct LongestContext: Sendable {
  /// (2³⁸ + clock − length) << 24 | slot: the longest is the smallest.
  private var heap = MinHeap<UInt64>()
  private static let bias = 1 << 38

  /// A sequence of `length` tokens starts to decode.
  mutating func join(_ slot: Slot, length: Int32, clock: Int) {
    heap.push(Self.key(slot, length: length, clock: clock))
  }

  /// The length of the longest now; nil when nothing decodes.
  mutating func length(clock: Int, _ sequences: [Sequence]) -> Int? {
    while let key = heap.first {
      if Self.isAlive(key, sequences) { return clock + Self.bias - Int(key >> 24) }
      heap.removeFirst()
    }
    return nil
  }

  /// Forgets those that have left once they outnumber the `decodes` that have not.
  mutating func compact(decodes: Int32, _ sequences: [Sequence]) {
    guard heap.count > 2 * Int(decodes) + 64 else { return }
    heap = MinHeap<UInt64>()
    for slot in sequences.indices where sequences[slot].phase == .decoding {
      let s = sequences[slot]
      heap.push(Self.key(Slot(slot), length: s.stored, clock: s.joined))
    }
  }

  private static func key(_ slot: Slot, length: Int32, clock: Int) -> UInt64 {
    UInt64(bias + clock - Int(length)) << 24 | UInt64(slot)
  }

  private static func isAlive(_ key: UInt64, _ sequences: [Sequence]) -> Bool {
    let slot = Slot(key & 0xFF_FFFF)
    let s = sequences[Int(slot)]
    return s.phase == .decoding && Self.key(slot, length: s.stored, clock: s.joined) == key
  }
}
