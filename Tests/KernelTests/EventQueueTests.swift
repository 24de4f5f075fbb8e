import Kernel
import TestSupport
import Testing
import Units

/// One entry a leaf, sorted whenever somebody asks.
private struct SortedModel {
  var keys: [UInt64?]
  init(leaves: Int) { keys = Array(repeating: nil, count: leaves) }
  /// The smallest key with the lowest leaf.
  var first: (key: UInt64, leaf: Int)? {
    keys.enumerated().compactMap { leaf, key in key.map { (key: $0, leaf: leaf) } }
      .sorted { $0.key != $1.key ? $0.key < $1.key : $0.leaf < $1.leaf }.first
  }
}

@Suite struct EventQueueTests {
  private func next(_ queue: inout EventQueue) -> Int { queue.next() }

  @Test(arguments: [1, 2, 3, 7, 8, 33])
  func `a tournament answers as a sorted array does`(leaves: Int) {
    var random = SplitMix(seed: UInt64(leaves))
    var tournament = Tournament(leaves: leaves)
    var model = SortedModel(leaves: leaves)
    for i in 0..<(isDebug ? 1000 : 10_000) {
      let leaf = random.below(leaves)
      // Few keys, so that ties are the rule; now and then one of full width.
      let key = random.below(20) == 0 ? random.next() >> 1 : UInt64(random.below(5))
      tournament.set(leaf, key)
      model.keys[leaf] = key
      #expect(tournament.first == model.first?.leaf, "operation \(i)")
      #expect(tournament.firstKey == model.first?.key, "operation \(i)")
    }
  }

  @Test(arguments: [1, 2, 5, 16, 18])
  func `a queue answers as a sorted array does`(sources: Int) {
    var random = SplitMix(seed: 100 + UInt64(sources))
    var queue = EventQueue(sources: sources)
    var model = SortedModel(leaves: sources)
    var now: Int64 = 0
    for i in 0..<(isDebug ? 1500 : 15_000) {
      let source = random.below(sources)
      switch random.below(8) {
      case 0:
        queue.set(source, at: .never)
        model.keys[source] = nil
      case 1, 2, 3:
        guard let first = model.first else { break }
        now = Int64(first.key)
        model.keys[first.leaf] = nil
        #expect(next(&queue) == first.leaf, "operation \(i)")
      default:
        // Also moves a pending event, to earlier and to later.
        let time = now + Int64(random.below(4))
        queue.set(source, at: Instant(picoseconds: time))
        model.keys[source] = UInt64(time)
      }
      #expect(queue.time.picoseconds == model.first.map { Int64($0.key) } ?? .max, "operation \(i)")
      #expect(queue.now.picoseconds == now, "operation \(i)")
    }
  }

  @Test func `events of one instant leave in the order of their sources`() {
    var queue = EventQueue(sources: 5)
    for source in [3, 1, 4, 0, 2] { queue.set(source, at: Instant(picoseconds: 7)) }
    let order = (0..<5).map { _ in queue.next() }
    #expect(order == [0, 1, 2, 3, 4])
    #expect(queue.time == .never)
    #expect(queue.now == Instant(picoseconds: 7))
  }

  @Test func `a moved event leaves no stale one behind`() {
    var queue = EventQueue(sources: 2)
    queue.set(0, at: Instant(picoseconds: 10))
    queue.set(1, at: Instant(picoseconds: 20))
    queue.set(0, at: Instant(picoseconds: 30))
    #expect(next(&queue) == 1)
    queue.set(0, at: Instant(picoseconds: 25))
    #expect(queue.time == Instant(picoseconds: 25))
    #expect(next(&queue) == 0)
    #expect(queue.time == .never)
  }

  @Test func `an event may be set for the instant that is being handled`() {
    var queue = EventQueue(sources: 2)
    queue.set(0, at: Instant(picoseconds: 10))
    _ = queue.next()
    queue.set(1, at: Instant(picoseconds: 10))
    #expect(next(&queue) == 1)
    #expect(queue.now == Instant(picoseconds: 10))
  }

  @Test func `an event in the past stops the process`() async {
    await #expect(processExitsWith: .failure) {
      var queue = EventQueue(sources: 1)
      queue.set(0, at: Instant(picoseconds: 10))
      _ = queue.next()
      queue.set(0, at: Instant(picoseconds: 9))
    }
  }
}

@Suite struct TournamentTests {
  @Test func `leaves come in the order of their keys, equal ones by number, as long as asked`() {
    for count in [1, 2, 3, 8, 13, 100] {
      var (stream, tournament) = (
        SplitMixStream(seed: UInt64(count), name: "keys"), Tournament(leaves: count)
      )
      var keys: [UInt64?] = Array(repeating: nil, count: count)
      for _ in 0..<3 * count {
        let leaf = stream.below(count)
        let key = UInt64(stream.below(10))
        keys[leaf] = key
        tournament.set(leaf, key)
      }
      let sorted = keys.indices.filter { keys[$0] != nil }.sorted {
        (keys[$0] ?? 0, $0) < (keys[$1] ?? 0, $1)
      }
      var met: [Int] = []
      tournament.visitAscending { leaf, key in
        #expect(keys[leaf] == key)
        met.append(leaf)
        return true
      }
      #expect(met == sorted)
      var few = 0
      tournament.visitAscending { _, _ in
        few += 1
        return few < 2
      }
      #expect(few == min(2, sorted.count))
    }
  }
}
