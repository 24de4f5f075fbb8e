package import Units

/// Which instance a router believes to have which blocks of prompts: all that it knows is where it
/// has sent requests.
///
/// An instance has what it was sent last, up to its capacity; of a prompt the last blocks go
/// first, so what it has of a prompt is always a beginning. Nobody tells the index what instances
/// evict, nor of answers: a later turn's prompt is news as far as it repeats them.
///
/// Entries (block, instance) are found by open addressing; each is in the list of its instance, by
/// age, and in that of its block, and leads to the block before it. 60 to 84 bytes an entry and 8
/// for each number of a block.
package struct HitIndex: Sendable {
  private struct Entry: Sendable {
    var block: BlockID
    var instance: Int32
    /// The only request so far that was sent here with this block; −1 after another one was.
    var author: Int32
    /// Requests sent here with this block.
    var uses: Int32 = 1
    /// The entry of the block before it here, which stays as long as this one; −1 for the first.
    var parent: Int32 = -1
    // Neighbours in the list of the instance.
    var older: Int32 = -1
    var newer: Int32 = -1
    // Neighbours in the list of the block.
    var previous: Int32 = -1
    var next: Int32 = -1
  }

  /// What a search compares, so that it need not look at entries.
  private struct Slot: Sendable {
    var block: BlockID = -1
    var instance: Int32 = -1
    /// The entry, −1 where there is none.
    var number: Int32 = -1
  }

  private var entries: [Entry] = []
  private var spare: [Int32] = []
  /// Places of entries by hash; a power of two, at most half full.
  private var slots: [Slot]
  private var used = 0
  /// By block: the first of its entries, and how many there are.
  private var heads: [Int32] = []
  private var counts: [Int32] = []
  private var newest: [Int32]
  private var oldest: [Int32]
  private var sizes: [Int]
  private let capacities: [Int]
  /// By instance: the last question for whose sake it was marked.
  private var marks: [Int]
  private var questions = 0

  /// Nothing is known yet; `capacities` are the most blocks of each instance.
  package init(capacities: [Int]) {
    self.capacities = capacities
    slots = Array(repeating: Slot(), count: 64)
    newest = Array(repeating: -1, count: capacities.count)
    oldest = newest
    sizes = Array(repeating: 0, count: capacities.count)
    marks = sizes
  }

  // MARK: Questions

  /// Blocks that `instance` has.
  package func size(of instance: Int) -> Int { sizes[instance] }

  /// Instances that have `block`.
  package func count(of block: BlockID) -> Int {
    Int(block) < counts.count ? Int(counts[Int(block)]) : 0
  }

  /// Whether `instance` has `block`.
  package func has(_ block: BlockID, on instance: Int) -> Bool {
    slot(of: block, instance) != nil
  }

  /// How many blocks of a prompt, from the first on, `instance` has.
  ///
  /// - Complexity: O(log blocks).
  package func depth(of chain: ArraySlice<BlockID>, on instance: Int) -> Int {
    var (low, high) = (0, chain.count)
    while low < high {
      let middle = (low + high) / 2
      if slot(of: chain[chain.startIndex + middle], instance) != nil {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }

  /// How many blocks of a prompt, from the first on, any instance has.
  ///
  /// - Complexity: O(log blocks).
  package func depth(of chain: ArraySlice<BlockID>) -> Int {
    var (low, high) = (0, chain.count)
    while low < high {
      let middle = (low + high) / 2
      if count(of: chain[chain.startIndex + middle]) > 0 { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Appends the instances that have `block` and not `following`, when there is one, in no order.
  ///
  /// - Complexity: O(instances that have `block`).
  package mutating func appendHolders(
    of block: BlockID, without following: BlockID?, to holders: inout [Int]
  ) {
    guard Int(block) < heads.count else { return }
    questions += 1
    var entry = following.map { Int($0) < heads.count ? heads[Int($0)] : -1 } ?? -1
    while entry >= 0 {
      marks[Int(entries[Int(entry)].instance)] = questions
      entry = entries[Int(entry)].next
    }
    entry = heads[Int(block)]
    while entry >= 0 {
      let instance = Int(entries[Int(entry)].instance)
      if marks[instance] != questions { holders.append(instance) }
      entry = entries[Int(entry)].next
    }
  }

  /// How often requests were sent to `instance` with the blocks that `new` further ones would
  /// evict.
  ///
  /// - Complexity: O(new).
  package func usesOfEvicted(by new: Int, on instance: Int) -> Int {
    var (uses, entry) = (0, oldest[instance])
    var left = sizes[instance] + new - capacities[instance]
    while left > 0, entry >= 0 {
      uses += Int(entries[Int(entry)].uses)
      entry = entries[Int(entry)].newer
      left -= 1
    }
    return uses
  }

  // MARK: News

  /// `request`, whose prompt is `chain`, was sent to `instance`.
  ///
  /// - Complexity: O(blocks).
  package mutating func learn(
    _ chain: ArraySlice<BlockID>, on instance: Int, from request: Int32
  ) {
    // The first block last: it is the newest one, so those that follow it go before it.
    let chain = chain.prefix(capacities[instance])
    let known = depth(of: chain, on: instance)
    var child: Int32 = -1
    for block in chain.dropFirst(known).reversed() {
      let number = insert(Entry(block: block, instance: Int32(instance), author: request))
      if child >= 0 { entries[Int(child)].parent = number }
      child = number
    }
    var entry: Int32 = -1
    if known > 0, let slot = slot(of: chain[chain.startIndex + known - 1], instance) {
      entry = slots[slot].number
    }
    if child >= 0 { entries[Int(child)].parent = entry }
    while entry >= 0 {
      unlinkAge(entry)
      linkNewest(entry)
      if entries[Int(entry)].author != request { entries[Int(entry)].author = -1 }
      entries[Int(entry)].uses += 1
      entry = entries[Int(entry)].parent
    }
    while sizes[instance] > capacities[instance] { remove(oldest[instance]) }
  }

  /// `request`, whose prompt is `chain`, has left `instance` before it ran: what only it would have
  /// brought is not there.
  ///
  /// - Complexity: O(blocks).
  package mutating func unlearn(
    _ chain: ArraySlice<BlockID>, on instance: Int, from request: Int32
  ) {
    for block in chain.reversed() {
      guard let slot = slot(of: block, instance) else { continue }
      let number = slots[slot].number
      guard entries[Int(number)].author == request else { return }
      remove(number)
    }
  }

  /// `instance` has nothing any more.
  ///
  /// - Complexity: O(blocks that it had).
  package mutating func forget(_ instance: Int) {
    while oldest[instance] >= 0 { remove(oldest[instance]) }
  }

  // MARK: Entries

  private mutating func insert(_ entry: Entry) -> Int32 {
    let (block, instance) = (Int(entry.block), Int(entry.instance))
    if 2 * (used + 1) > slots.count { growSlots() }
    let number: Int32
    if let free = spare.popLast() {
      number = free
      entries[Int(free)] = entry
    } else {
      number = Int32(entries.count)
      entries.append(entry)
    }
    place(Slot(block: entry.block, instance: entry.instance, number: number))
    used += 1
    if block >= heads.count {
      heads += repeatElement(-1, count: block + 1 - heads.count)
      counts += repeatElement(0, count: block + 1 - counts.count)
    }
    entries[Int(number)].next = heads[block]
    if heads[block] >= 0 { entries[Int(heads[block])].previous = number }
    heads[block] = number
    counts[block] += 1
    sizes[instance] += 1
    linkNewest(number)
    return number
  }

  private mutating func remove(_ number: Int32) {
    let entry = entries[Int(number)]
    if let slot = slot(of: entry.block, Int(entry.instance)) { vacate(slot) }
    if entry.previous >= 0 {
      entries[Int(entry.previous)].next = entry.next
    } else {
      heads[Int(entry.block)] = entry.next
    }
    if entry.next >= 0 { entries[Int(entry.next)].previous = entry.previous }
    counts[Int(entry.block)] -= 1
    sizes[Int(entry.instance)] -= 1
    unlinkAge(number)
    spare.append(number)
  }

  private mutating func unlinkAge(_ number: Int32) {
    let entry = entries[Int(number)]
    let instance = Int(entry.instance)
    if entry.older >= 0 {
      entries[Int(entry.older)].newer = entry.newer
    } else {
      oldest[instance] = entry.newer
    }
    if entry.newer >= 0 {
      entries[Int(entry.newer)].older = entry.older
    } else {
      newest[instance] = entry.older
    }
  }

  private mutating func linkNewest(_ number: Int32) {
    let instance = Int(entries[Int(number)].instance)
    let before = newest[instance]
    entries[Int(number)].older = before
    entries[Int(number)].newer = -1
    if before >= 0 { entries[Int(before)].newer = number } else { oldest[instance] = number }
    newest[instance] = number
  }

  // MARK: Open addressing

  private func home(of block: BlockID, _ instance: Int32) -> Int {
    var z = UInt64(UInt32(bitPattern: block)) << 32 | UInt64(UInt32(bitPattern: instance))
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) & UInt64(slots.count - 1))
  }

  private func slot(of block: BlockID, _ instance: Int) -> Int? {
    var place = home(of: block, Int32(instance))
    while slots[place].number >= 0 {
      if slots[place].block == block, slots[place].instance == Int32(instance) { return place }
      place = (place + 1) & (slots.count - 1)
    }
    return nil
  }

  private mutating func place(_ slot: Slot) {
    var place = home(of: slot.block, slot.instance)
    while slots[place].number >= 0 { place = (place + 1) & (slots.count - 1) }
    slots[place] = slot
  }

  /// Empties a slot and moves those after it up, so that no search ends too early.
  private mutating func vacate(_ slot: Int) {
    let mask = slots.count - 1
    var (hole, next) = (slot, (slot + 1) & mask)
    while slots[next].number >= 0 {
      // It may go up to the hole unless its home lies behind that.
      let way = (next - home(of: slots[next].block, slots[next].instance)) & mask
      if way >= (next - hole) & mask {
        slots[hole] = slots[next]
        hole = next
      }
      next = (next + 1) & mask
    }
    slots[hole] = Slot()
    used -= 1
  }

  private mutating func growSlots() {
    let old = slots
    slots = Array(repeating: Slot(), count: 2 * old.count)
    for slot in old where slot.number >= 0 { place(slot) }
  }
}
