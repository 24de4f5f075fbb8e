internal import Units

/// How much of a prompt names where it goes: the shortest prefix that is not hot.
///
/// It counts the prefixes of the last requests. A prefix that more than `2 / instances` of them
/// share is split: its requests go by one unit of their prompts more. It is merged again when fewer
/// than `1 / instances` share it. A prompt that ends before goes by all of its blocks.
///
/// Source: DualMap, arXiv 2602.06502 (hotness-aware hash key). The window and the number of
/// requests before which nothing is split are not published; they are options.
///
/// - Complexity: O(blocks of the prompt) a request.
struct HotnessTree: Sendable {
  /// Prefixes of the requests in the window, by their last block; only looked up.
  private var counts: [BlockID: Int32] = [:]
  /// The prefixes that are split, by their last block; only looked up.
  private var isSplit: Set<BlockID> = []
  /// The prefixes of each request in the window, one after another, oldest request first.
  private var window: [[BlockID]] = []
  private var oldest = 0
  private let length: Int
  private let least: Int

  /// A tree that looks at the last `length` requests and splits nothing before `least` have come.
  init(window length: Int, least: Int) {
    self.length = max(1, length)
    self.least = least
  }

  /// Notes a request with these blocks, `unit` of which are a step of a key.
  mutating func add(_ blocks: ArraySlice<BlockID>, unit: Int) {
    var prefixes: [BlockID] = []
    prefixes.reserveCapacity(blocks.count / unit)
    var place = blocks.startIndex + unit - 1
    while place < blocks.endIndex {
      prefixes.append(blocks[place])
      counts[blocks[place], default: 0] += 1
      place += unit
    }
    guard window.count == length else { return window.append(prefixes) }
    for block in window[oldest] {
      let rest = (counts[block] ?? 0) - 1
      counts[block] = rest > 0 ? rest : nil
      if rest == 0 { isSplit.remove(block) }
    }
    window[oldest] = prefixes
    oldest = (oldest + 1) % length
  }

  /// Blocks of the key of a prompt with these blocks: at least `initial` units, if it has them.
  mutating func keyLength(
    _ blocks: ArraySlice<BlockID>, unit: Int, initial: Int, instances: Int
  ) -> Int {
    var units = initial
    while units * unit < blocks.count,
      isHot(blocks[blocks.startIndex + units * unit - 1], instances)
    {
      units += 1
    }
    return min(units * unit, blocks.count)
  }

  private mutating func isHot(_ block: BlockID, _ instances: Int) -> Bool {
    guard window.count >= least else { return false }
    let share = Double(counts[block] ?? 0) / Double(window.count) * Double(instances)
    if isSplit.contains(block) {
      if share < 1 { isSplit.remove(block) }
    } else if share > 2 {
      isSplit.insert(block)
    }
    return isSplit.contains(block)
  }
}
