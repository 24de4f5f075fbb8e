internal import Units

/// Numbers of the blocks that a cache knows, given out when it hears of them and used again once
/// they are freed: columns by number are as long as what it knows at once, not as what its trace
/// names.
///
/// Names are found by open addressing, eight neighbours to a cache line, since a request's names
/// follow each other: 16 bytes for each block that is known.
struct BlockNumbers: Sendable {
  private struct Slot: Sendable {
    /// −1 where there is none.
    var name: BlockID = -1
    var number: BlockID = -1
  }

  /// A power of two, at most half full.
  private var slots = [Slot](repeating: Slot(), count: 16)
  private var used = 0
  /// The name of each number; −1 for a block without a name and for a number that is free.
  private var names: [BlockID] = []
  private var spare: [BlockID] = []

  /// No numbers yet.
  init() {}

  /// Numbers given out are below it; a multiple of 64, so that columns grow in strides.
  var count: Int { (names.count + 63) & ~63 }

  /// The number of the block called `name`, −1 if it has none.
  func number(of name: BlockID) -> BlockID { slots[place(of: name)].number }

  /// The number of the block called `name`, a new one if it has none.
  mutating func add(_ name: BlockID) -> BlockID {
    let place = place(of: name)
    guard slots[place].name < 0 else { return slots[place].number }
    let number = take(name)
    slots[place] = Slot(name: name, number: number)
    used += 1
    if 2 * used > slots.count { widen() }
    return number
  }

  /// A new number for a block without a name.
  mutating func addNameless() -> BlockID { take(-1) }

  private mutating func take(_ name: BlockID) -> BlockID {
    guard let number = spare.popLast() else {
      names.append(name)
      return BlockID(names.count - 1)
    }
    names[Int(number)] = name
    return number
  }

  /// Nobody knows the block of this number any more.
  mutating func free(_ number: BlockID) {
    let name = names[Int(number)]
    if name >= 0 { vacate(place(of: name)) }
    names[Int(number)] = -1
    spare.append(number)
  }

  /// Whether the block of this number, which is not free, has no name.
  func isNameless(_ number: BlockID) -> Bool { names[Int(number)] < 0 }

  /// The name of the block of this number, which has one.
  func name(of number: BlockID) -> BlockID { names[Int(number)] }

  // MARK: Open addressing

  /// Where a search for `name` begins: eight names in a row share a line.
  private func home(of name: BlockID) -> Int {
    let line = UInt64(UInt32(bitPattern: name >> 3)) &* 0x9E37_79B9_7F4A_7C15
    return (Int(line >> 32) << 3 | Int(name & 7)) & (slots.count - 1)
  }

  /// Where `name` is, or the empty place where it would be.
  private func place(of name: BlockID) -> Int {
    var place = home(of: name)
    while slots[place].name != name, slots[place].name >= 0 {
      place = (place + 1) & (slots.count - 1)
    }
    return place
  }

  private mutating func widen() {
    let old = slots
    slots = Array(repeating: Slot(), count: 2 * old.count)
    for slot in old where slot.name >= 0 { slots[place(of: slot.name)] = slot }
  }

  /// Empties a place and moves those after it up, so that no search ends too early.
  private mutating func vacate(_ place: Int) {
    let mask = slots.count - 1
    var (hole, next) = (place, (place + 1) & mask)
    while slots[next].name >= 0 {
      // It may go up to the hole unless its home lies behind that.
      if (next - home(of: slots[next].name)) & mask >= (next - hole) & mask {
        slots[hole] = slots[next]
        hole = next
      }
      next = (next + 1) & mask
    }
    slots[hole] = Slot()
    used -= 1
  }
}

extension Array {
  /// A column for `count` numbers: `value` for those that it lacks.
  mutating func grow(to count: Int, with value: Element) {
    guard count > self.count else { return }
    append(contentsOf: repeatElement(value, count: count - self.count))
  }
}
