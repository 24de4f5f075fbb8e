import Memory
import TestSupport
import Testing

/// One flag a token; every question is answered by looking at all of them.
private struct Bitmap {
  var isTaken: [Bool]
  let roots: [Range<Int>]

  init(total: Int) {
    isTaken = Array(repeating: false, count: total)
    var roots: [Range<Int>] = []
    var offset = 0
    for bit in (0..<31).reversed() where total & (1 << bit) != 0 {
      roots.append(offset..<offset + 1 << bit)
      offset += 1 << bit
    }
    self.roots = roots
  }

  func isFree(_ region: Range<Int>) -> Bool { !isTaken[region].contains(true) }

  /// Free regions that are whole: their buddy, if they have one, is not wholly free.
  func wholeRegions(of size: Int) -> [Range<Int>] {
    var result: [Range<Int>] = []
    for root in roots where root.count >= size {
      for start in stride(from: root.lowerBound, to: root.upperBound, by: size) {
        let region = start..<start + size
        let buddy = (start ^ size)..<(start ^ size) + size
        if isFree(region), region == root || !isFree(buddy) { result.append(region) }
      }
    }
    return result
  }

  /// The smallest whole region that holds `tokens`, the lowest among equals, cut at its low end.
  mutating func take(_ tokens: Int) -> Range<Int>? {
    var wanted = 1
    while wanted < tokens { wanted *= 2 }
    var size = wanted
    while size <= isTaken.count {
      if let whole = wholeRegions(of: size).first {
        let region = whole.lowerBound..<whole.lowerBound + wanted
        for token in region { isTaken[token] = true }
        return region
      }
      size *= 2
    }
    return nil
  }

  mutating func give(_ region: Range<Int>) {
    for token in region { isTaken[token] = false }
  }
}

extension BuddyStore.Region {
  fileprivate var range: Range<Int> { Int(offset)..<Int(offset) + Int(tokens) }
}

@Suite struct BuddyStoreTests {
  private func take(_ store: inout BuddyStore, _ tokens: Int32) -> BuddyStore.Region? {
    store.take(tokens)
  }

  @Test(arguments: [1, 2, 13, 64, 100, 255, 311])
  func `random takes and gives agree with a bitmap`(total: Int) {
    var random = SplitMix(seed: UInt64(total))
    var store = BuddyStore(total: Int32(total))
    var bitmap = Bitmap(total: total)
    var held: [BuddyStore.Region] = []
    for i in 0..<(isDebug ? 400 : 4000) {
      if random.below(5) < 2, !held.isEmpty {
        let region = held.remove(at: random.below(held.count))
        store.give(region)
        bitmap.give(region.range)
      } else {
        let tokens = 1 + random.below(1 + total / (1 << random.below(6)))
        let region = store.take(Int32(tokens))
        let expected = bitmap.take(tokens)
        #expect(region?.range == expected, "operation \(i): \(tokens) tokens")
        if let region { held.append(region) }
      }
      #expect(Int(store.used) == bitmap.isTaken.count { $0 }, "operation \(i)")
    }
    for region in held { store.give(region) }
    #expect(store.used == 0)
    for root in Bitmap(total: total).roots {
      #expect(take(&store, Int32(root.count))?.range == root, "regions merge to the initial ones")
    }
    #expect(take(&store, 1) == nil)
  }

  @Test func `regions are aligned to their size and never overlap`() {
    var random = SplitMix(seed: 9)
    var store = BuddyStore(total: 1024)
    var owner = Array(repeating: false, count: 1024)
    while let region = store.take(Int32(1 + random.below(40))) {
      #expect(Int(region.offset) % Int(region.tokens) == 0)
      for token in region.range {
        #expect(!owner[token])
        owner[token] = true
      }
    }
  }

  @Test(arguments: [
    (1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (1000, 10), (1024, 10), (1025, 11),
    (1 << 30, 30),
  ])
  func `a request is rounded up to a power of two`(tokens: Int32, order: Int8) {
    #expect(BuddyStore.order(for: tokens) == order)
  }

  @Test func `there is no region above 2 to the 30th tokens`() {
    #expect(BuddyStore.order(for: (1 << 30) + 1) == nil)
    var store = BuddyStore(total: 1 << 30)
    #expect(!BuddyStore.couldHold((1 << 30) + 1, of: 1 << 30))
    #expect(take(&store, (1 << 30) + 1) == nil)
    #expect(BuddyStore.couldHold(1 << 30, of: 1 << 30))
    #expect(take(&store, 1 << 30)?.tokens == 1 << 30)
  }

  @Test func `a pool of 15,808 tokens has seven regions of 2,048`() {
    // 15,808 = 8192 + 4096 + 2048 + 1024 + 256 + 128 + 64: 4 + 2 + 1 regions of 2,048.
    var store = BuddyStore(total: 15_808)
    var offsets: [Int32] = []
    while let region = store.take(2048) { offsets.append(region.offset) }
    #expect(offsets.sorted() == [0, 2048, 4096, 6144, 8192, 10_240, 12_288])
    #expect(store.used == 7 * 2048)
    #expect(take(&store, 1025) == nil)
    #expect(take(&store, 1024)?.offset == 14_336)
  }

  @Test func `a pool could hold what its largest region holds and no more`() {
    #expect(BuddyStore.couldHold(8192, of: 15_808))
    #expect(!BuddyStore.couldHold(8193, of: 15_808))
    #expect(BuddyStore.couldHold(33, of: 64))
    #expect(!BuddyStore.couldHold(33, of: 63))
  }

  @Test func `free halves of different parents do not merge`() throws {
    var store = BuddyStore(total: 16)
    let regions = try (0..<4).map { _ in try #require(take(&store, 4)) }
    store.give(regions[1])
    store.give(regions[2])  // 4..<12 is free, but its halves are no buddies
    #expect(take(&store, 8) == nil)
    store.give(regions[3])
    #expect(take(&store, 8)?.offset == 8)
  }

  @Test func `a refused request leaves no trace`() {
    var store = BuddyStore(total: 8)
    _ = store.take(4)
    #expect(take(&store, 5) == nil)
    #expect(store.used == 4)
    #expect(take(&store, 4)?.offset == 4)
  }

  @Test func `giving back more than was taken stops the process`() async {
    await #expect(processExitsWith: .failure) {
      var store = BuddyStore(total: 8)
      guard let region = store.take(4) else { return }
      store.give(region)
      store.give(region)
    }
  }
}

/// SplitMix64: the tests' own random numbers.
private struct SplitMix {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func below(_ count: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(count))
  }
}
