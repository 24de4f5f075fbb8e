internal import Memory

/// Pages mapped behind the contiguous tensors of sequences, where a block is a page group.
///
/// As with runs of blocks, a sequence decodes unseen up to what is mapped behind its region; the
/// step that needs one more group is a milestone, so a leap never runs over a mapping.
extension Batch {
  /// Lets blocks be page groups that are mapped when they are first needed.
  ///
  /// - Precondition: nothing is swapped, and no prompt is cached.
  public mutating func mapPages(_ mode: PageMapping) {
    precondition(swap == nil && prefix == nil, "contiguous tensors neither swap nor share")
    pages = PageState(total: blocks.total, mode)
  }

  /// Picoseconds that the step which starts now waits for its pages, `window` picoseconds after the
  /// last one began.
  mutating func pageStall(window: Int64?) -> Int64 { pages?.stall(window: window) ?? 0 }

  /// Finds a region for an admitted sequence and maps what it lacks.
  mutating func openPages(_ slot: Slot) {
    guard pages != nil, sequences[Int(slot)].region == nil else { return }
    let count = blocksHeld(by: slot)
    pages?.map.open(slot, for: count)
    let mapped = mapPages(slot, upTo: count, areGrowing: false)
    pages?.noteAdmission(mapped)
  }

  /// Maps what a sequence lacks of its prompt's next part.
  mutating func extendPages(_ slot: Slot) {
    guard pages != nil else { return }
    let mapped = mapPages(slot, upTo: blocksHeld(by: slot), areGrowing: false)
    pages?.noteGrowth(mapped)
  }

  /// Maps the group that a decode needs in the step that starts now.
  mutating func growPages(_ slot: Slot) {
    let mapped = mapPages(slot, upTo: blocks(for: length(slot) + 1), areGrowing: true)
    pages?.noteGrowth(mapped)
    noteFilling(of: slot)
  }

  /// Answers how many groups that takes; decodes that `areGrowing` keep what they open in the step
  /// that starts now.
  private mutating func mapPages(_ slot: Slot, upTo count: Int32, areGrowing: Bool) -> Int32 {
    guard var state = pages else { return 0 }
    pages = nil
    let (mapped, robbed) = state.map.map(slot, upTo: count) { other in
      areGrowing && sequences[Int(other)].phase == .decoding
        ? blocks(for: length(other) + 1) : blocksHeld(by: other)
    }
    pages = state
    for other in robbed where sequences[Int(other)].phase == .decoding { noteFilling(of: other) }
    return mapped
  }
}
