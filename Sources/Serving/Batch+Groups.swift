internal import Kernel
internal import Memory

/// How the blocks of sequences lie in HBM, where copies carry runs of neighbours.
///
/// A sequence that decodes grows within its groups unseen; the step at which they are full is a
/// milestone, so leaping and single steps ask for more at the same boundary and in the same order.
extension Batch {
  /// Lays `count` more blocks of a sequence.
  mutating func allocateGroups(_ slot: Slot, _ count: Int32) {
    guard var groups, count > 0 else { return }
    self.groups = nil
    let robbed = groups.allocate(slot, count) {
      // The sequence counts them already.
      blocksHeld(by: $0) - ($0 == slot ? count : 0)
    }
    self.groups = groups
    for other in robbed where sequences[Int(other)].phase == .decoding { noteFilling(of: other) }
  }

  /// Notes when the groups of a decoding sequence, or the pages behind it, will be full.
  mutating func noteFilling(of slot: Slot) {
    guard let held = groups?.capacity(of: slot) ?? pages?.map.capacity(of: slot) else { return }
    let capacity = Int(held) * Int(tokensPerBlock)
    let fills = clock + capacity - Int(length(slot))
    guard sequences[Int(slot)].fills != fills else { return }
    sequences[Int(slot)].fills = fills
    if fills == clock {
      full.append(slot)
    } else {
      milestones.push(UInt64(fills) << 24 | UInt64(slot))
    }
  }

  /// Lays the blocks that decodes with full groups open in the step that starts now.
  mutating func growGroups() {
    while let slot = full.popLast() {
      let s = sequences[Int(slot)]
      guard s.phase == .decoding, s.fills == clock else { continue }
      guard var groups else {
        growPages(slot)
        continue
      }
      self.groups = nil
      let robbed = groups.allocate(slot, 1) { other in
        let held = blocksHeld(by: other)
        guard other != slot, sequences[Int(other)].phase == .decoding else { return held }
        // What others open in this step is theirs.
        return blocks(for: length(other) + 1)
      }
      self.groups = groups
      for other in robbed where sequences[Int(other)].phase == .decoding {
        noteFilling(of: other)
      }
      noteFilling(of: slot)
    }
  }
}
