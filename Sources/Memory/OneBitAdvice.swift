internal import Kernel
internal import Units

/// Who gives a learning-augmented policy its bit of advice.
public enum Predictor: String, Codable, CaseIterable, Sendable {
  /// The trace itself, which a real cache does not know.
  case oracle
  /// What the cache has seen so far.
  case history
}

/// Which bits of advice are wrong: each on its own with the same probability.
struct AdviceErrors: Sendable {
  private let rate: Double
  private let stream: SplitMixStream

  /// Errors with probability `rate`.
  init(rate: Double, seed: UInt64, policy: String) {
    self.rate = rate
    stream = SplitMixStream(seed: seed, name: "\(policy) advice")
  }

  /// Why `rate` cannot be used, nil when it can.
  static func fault(_ rate: Double) -> String? {
    rate >= 0 && rate <= 1 ? nil : "error \(rate) must be a probability from 0 to 1"
  }

  /// `bit`, or its opposite where the advice on this use is wrong; the same whenever it is asked.
  func applied(to bit: Bool, of use: BlockUse) -> Bool {
    guard rate > 0 else { return bit }
    let key = UInt64(UInt32(bitPattern: use.request)) << 32 | UInt64(UInt32(bitPattern: use.block))
    return bit != (stream.uniform(at: key) < rate)
  }
}

/// Advice from a trace that is known to its end.
enum TraceAdvice {
  /// All of `uses` are below it.
  private static func names(_ uses: [BlockID]) -> Int { Int(uses.max() ?? -1) + 1 }

  /// For each use, the position of the next use of its block; `Int.max` if there is none.
  private static func nextPositions(_ uses: [BlockID]) -> [Int] {
    var result = [Int](repeating: .max, count: uses.count)
    var next = [Int](repeating: .max, count: names(uses))
    for position in uses.indices.reversed() {
      result[position] = next[Int(uses[position])]
      next[Int(uses[position])] = position
    }
    return result
  }

  /// For each use, whether Belady's optimum lets its block go before it is used again.
  ///
  /// It has room for `capacity` blocks; with `bypasses` it need not let a block in.
  ///
  /// - Complexity: O(uses · log capacity).
  static func discards(_ uses: [BlockID], capacity: Int, bypasses: Bool) -> [Bool] {
    let next = nextPositions(uses)
    var result = [Bool](repeating: false, count: uses.count)
    var lastUses = [Int](repeating: 0, count: names(uses))
    var cache = BlockHeap<UInt64>()
    cache.grow(to: names(uses))
    for (position, block) in uses.enumerated() {
      let key = ~UInt64(next[position])
      if !cache.contains(block), cache.count >= capacity, let farthest = cache.first {
        if bypasses, key <= farthest.key {
          result[position] = true
          continue
        }
        cache.remove(farthest.block)
        result[lastUses[Int(farthest.block)]] = true
      }
      lastUses[Int(block)] = position
      cache.set(block, to: key)
    }
    return result
  }

  /// The phase of each use: a phase is the longest run of uses of at most `capacity` different
  /// blocks that begins where the last one ended.
  static func phases(_ uses: [BlockID], capacity: Int) -> [Int32] {
    var result = [Int32](repeating: 0, count: uses.count)
    var lastPhases = [Int32](repeating: -1, count: names(uses))
    var (phase, different): (Int32, Int) = (0, 0)
    for (position, block) in uses.enumerated() {
      if lastPhases[Int(block)] != phase {
        if different == capacity {
          phase += 1
          different = 0
        }
        different += 1
        lastPhases[Int(block)] = phase
      }
      result[position] = phase
    }
    return result
  }

  /// For each use, whether its block is used in the phase after the use's own.
  static func returns(_ uses: [BlockID], capacity: Int) -> [Bool] {
    let phases = phases(uses, capacity: capacity)
    let next = nextPositions(uses)
    var result = [Bool](repeating: false, count: uses.count)
    for position in uses.indices.reversed() where next[position] < .max {
      let later = next[position]
      result[position] =
        phases[later] == phases[position] ? result[later] : phases[later] == phases[position] + 1
    }
    return result
  }
}

/// How often blocks came back so far, by their uses and their depth.
struct ReturnHistory: Sendable {
  private static let classes = 32
  private var seen = [Int](repeating: 0, count: classes)
  private var returned = [Int](repeating: 0, count: classes)
  private var lastUses: [Int] = []
  private var lastClasses: [Int8] = []
  private var counts: [UInt8] = []
  private var clock = 0
  private let window: Int

  /// A block counts as one that came back if fewer than four times `capacity` uses lie between.
  init(capacity: Int) { window = 4 * min(capacity, 1 << 40) }

  /// Has room for blocks with numbers below `blockCount`.
  mutating func grow(to blockCount: Int) {
    lastUses.grow(to: blockCount, with: 0)
    lastClasses.grow(to: blockCount, with: -1)
    counts.grow(to: blockCount, with: 0)
  }

  /// First, second, third or later use; depth by powers of two.
  private func group(_ use: BlockUse) -> Int {
    let depth = 32 - (max(0, use.depth)).leadingZeroBitCount
    return min(3, Int(counts[Int(use.block)])) * 8 + min(7, depth)
  }

  /// Whether fewer than one in ten of the uses like this one were followed by another in time.
  func discards(_ use: BlockUse) -> Bool {
    let group = group(use)
    return returned[group] * 10 < seen[group]
  }

  /// Learns from a use.
  mutating func note(_ use: BlockUse) {
    let block = Int(use.block)
    clock += 1
    if lastClasses[block] >= 0, clock - lastUses[block] <= window {
      returned[Int(lastClasses[block])] += 1
    }
    let group = group(use)
    seen[group] += 1
    lastClasses[block] = Int8(group)
    lastUses[block] = clock
    counts[block] = min(counts[block] + 1, 3)
  }
}
