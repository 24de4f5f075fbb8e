import Cluster
import TestSupport
import Testing

@Suite struct HashRingTests {
  private static let seeds: [UInt64] = (0..<(isDebug ? 10 : 100)).map { UInt64($0) }

  private func ring(_ instances: [Int], seed: UInt64 = 1, virtualNodes: Int = 40) -> HashRing {
    var ring = HashRing(seed: seed, virtualNodes: virtualNodes)
    for i in instances { ring.add(i) }
    return ring
  }

  private func hashes(_ count: Int, _ seed: UInt64) -> [UInt64] {
    var random = SplitMix(seed: seed)
    return (0..<count).map { _ in random.next() }
  }

  @Test func `an instance that joins takes arcs, one that leaves gives only its own away`() {
    for seed in Self.seeds {
      let keys = hashes(2000, seed)
      let (before, after) = (
        ring([0, 1, 2, 4, 7], seed: seed), ring([0, 1, 2, 4, 5, 7], seed: seed)
      )
      var moved = 0
      for key in keys where before.successor(of: key) != after.successor(of: key) {
        #expect(after.successor(of: key) == 5)
        moved += 1
      }
      // A sixth of 40 arcs of 240: the share is within five deviations of Beta(40, 200).
      #expect(abs(Double(moved) / 2000 - 1.0 / 6) < 5 * 0.0265, "seed \(seed)")
      var left = after
      left.remove(5)
      #expect(keys.allSatisfy { left.successor(of: $0) == before.successor(of: $0) })
    }
  }

  @Test func `no more arcs change their owner than the instance has points`() {
    for seed in Self.seeds {
      let nodes = 8
      let (before, after) = (
        ring([0, 1, 2], seed: seed, virtualNodes: nodes),
        ring([0, 1, 2, 3], seed: seed, virtualNodes: nodes)
      )
      // Keys in order round the circle: runs of keys that changed hands are pieces of new arcs.
      let keys = hashes(3000, seed).sorted()
      let changed = keys.map { before.successor(of: $0) != after.successor(of: $0) }
      var runs = 0
      for i in keys.indices where changed[i] && !changed[i == 0 ? keys.count - 1 : i - 1] {
        runs += 1
      }
      #expect(runs > 0 && runs <= nodes, "seed \(seed)")
    }
  }

  @Test func `the order in which instances come and go does not matter`() {
    var (a, b) = (ring([3, 1, 2]), ring([1]))
    b.add(contentsOf: [2, 9, 3])
    b.remove(9)
    b.remove(9)
    a.add(0)
    b.add(0)
    for key in hashes(500, 3) {
      #expect(a.successor(of: key) == b.successor(of: key))
      #expect(a.successor(of: key, otherThan: 2) == b.successor(of: key, otherThan: 2))
    }
  }

  @Test func `another successor is the one that the ring would have without the first`() {
    let all = [0, 1, 2, 3, 4]
    let full = ring(all)
    for key in hashes(500, 4) {
      let first = full.successor(of: key)
      let rest = ring(all.filter { $0 != first })
      #expect(full.successor(of: key, otherThan: first) == rest.successor(of: key))
    }
    #expect(ring([6]).successor(of: 17) == 6)
    #expect(ring([6]).successor(of: 17, otherThan: 6) == nil)
    #expect(ring([]).isEmpty && ring([]).successor(of: 17, otherThan: 6) == nil)
  }

  @Test func `a walk meets every point once, and stops when told`() {
    let ring = ring([0, 1, 2], virtualNodes: 5)
    for key in hashes(50, 5) + [0, .max] {
      var met: [Int] = []
      ring.visit(from: key) {
        met.append($0)
        return true
      }
      #expect(met.sorted() == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2])
      #expect(met[0] == ring.successor(of: key))
      var count = 0
      ring.visit(from: key) { _ in
        count += 1
        return count < 3
      }
      #expect(count == 3)
    }
  }

  @Test func `seeds give other rings and other hashes`() {
    let (a, b) = (ring([0, 1, 2, 3], seed: 1), ring([0, 1, 2, 3], seed: 2))
    let keys = hashes(2000, 6)
    let alike = keys.count { a.successor(of: $0) == b.successor(of: $0) }
    #expect(alike > 300 && alike < 700)
    #expect(HashRing.hash(of: 5, seed: 1) != HashRing.hash(of: 5, seed: 2))
    #expect(HashRing.hash(of: 5, seed: 1) == HashRing.hash(of: 5, seed: 1))
  }
}
