internal import Units

/// Numbers of the blocks that a cache has seen, given out when it first hears of them: columns by
/// number are as long as what an instance caches in its life, not as what its trace names.
///
/// Names are numbered by pages of 64, since a request's names follow each other; a table of one
/// entry a page is all that grows with the names. Blocks without a name have pages of their own.
struct BlockNumbers: Sendable {
  private static let bits = 6
  private static let size = 1 << bits

  /// The first number of each page of names, −1 while it has none.
  private var starts: [Int32]
  /// The page of names that each page of numbers stands for; −1 for blocks without a name.
  private var pages: [Int32] = []

  /// No numbers yet for names below `names`.
  init(names: Int) { starts = Array(repeating: -1, count: (names + Self.size - 1) >> Self.bits) }

  /// Numbers given out are below it.
  var count: Int { pages.count << Self.bits }

  /// The number of the block called `name`, −1 if it has none.
  func number(of name: BlockID) -> BlockID {
    let start = starts[Int(name) >> Self.bits]
    return start < 0 ? -1 : start + name & BlockID(Self.size - 1)
  }

  /// The number of the block called `name`, a new one if it has none.
  mutating func add(_ name: BlockID) -> BlockID {
    let page = Int(name) >> Self.bits
    if starts[page] < 0 {
      starts[page] = BlockID(count)
      pages.append(Int32(page))
    }
    return starts[page] + name & BlockID(Self.size - 1)
  }

  /// New numbers for blocks without a name.
  mutating func addNameless() -> Range<BlockID> {
    let start = BlockID(count)
    pages.append(-1)
    return start..<start + BlockID(Self.size)
  }

  /// Whether the block of this number has no name.
  func isNameless(_ number: BlockID) -> Bool { pages[Int(number) >> Self.bits] < 0 }

  /// The name of the block of this number, which has one.
  func name(of number: BlockID) -> BlockID {
    pages[Int(number) >> Self.bits] << BlockID(Self.bits) + number & BlockID(Self.size - 1)
  }
}

extension Array {
  /// A column for `count` numbers: `value` for those that it lacks.
  mutating func grow(to count: Int, with value: Element) {
    guard count > self.count else { return }
    append(contentsOf: repeatElement(value, count: count - self.count))
  }
}
