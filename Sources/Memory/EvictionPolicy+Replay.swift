internal import Units

/// The order in which a request's blocks are put into the order of a cache.
public enum VisitOrder: String, Sendable, CaseIterable {
  /// From the last to the first, as serving engines free them: tails go first.
  case rev
  /// From the first to the last.
  case fwd
}

/// What a cache had when requests asked for it.
public struct CacheHits: Sendable, Equatable {
  /// Blocks of all requests.
  public var accesses = 0
  /// Blocks found together with all blocks before them.
  public var prefixHits = 0
  /// Blocks found.
  public var plainHits = 0
  /// Blocks that were absent when it was their turn to enter or to be used again.
  public var faults = 0
  /// Prefix hits of each request, where they were asked for.
  public var perRequest: [Int32] = []

  /// None so far.
  public init() {}
}

/// What the cache of a replay holds.
private struct Residents {
  var isCached: [Bool]
  var count = 0
  let capacity: Int
  var faults = 0

  init(blockCount: Int, capacity: Int) {
    isCached = Array(repeating: false, count: blockCount)
    self.capacity = capacity
  }

  mutating func leave(_ block: BlockID) {
    isCached[Int(block)] = false
    count -= 1
  }
}

extension EvictionPolicy {
  /// Requests one at a time: a request looks its blocks up, then each of them is used again or
  /// enters, in `order`; the policy may be asked to let a block of the same request go.
  ///
  /// Time is the trace's, and only the age of blocks depends on it. O(1) a block and whatever the
  /// policy costs.
  public mutating func replay(
    _ trace: BlockTrace, capacity: Int, order: VisitOrder, logsRequests: Bool
  ) -> CacheHits {
    var cache = Residents(
      blockCount: trace.blockCount, capacity: Self.isUnbounded ? .max : capacity)
    var hits = CacheHits()
    hits.accesses = trace.blocks.count
    let blocks = trace.blocks
    var start = 0
    for request in 0..<trace.count {
      let end = trace.ends[request]
      let now = trace.arrivals[request]
      while true {
        let old = expired(at: now)
        guard old >= 0 else { break }
        cache.leave(old)
      }
      var place = start
      while place < end, cache.isCached[Int(blocks[place])] { place += 1 }
      hits.prefixHits += place - start
      hits.plainHits += place - start
      if logsRequests { hits.perRequest.append(Int32(place - start)) }
      while place < end {
        if cache.isCached[Int(blocks[place])] { hits.plainHits += 1 }
        place += 1
      }
      for i in 0..<end - start {
        let position = order == .rev ? end - 1 - i : start + i
        visit(
          BlockUse(
            block: blocks[position], depth: Int32(truncatingIfNeeded: position - start),
            request: Int32(truncatingIfNeeded: request), position: position, time: now), &cache)
      }
      start = end
    }
    hits.faults = cache.faults
    return hits
  }

  @inline(__always)
  private mutating func visit(_ use: BlockUse, _ cache: inout Residents) {
    if cache.isCached[Int(use.block)] {
      if !touch(use) {
        remove(use.block)
        cache.leave(use.block)
      }
      return
    }
    cache.faults += 1
    if cache.count >= cache.capacity {
      let victim = evict(for: use)
      guard victim >= 0 else { return }
      cache.leave(victim)
    }
    if insert(use) {
      cache.isCached[Int(use.block)] = true
      cache.count += 1
    } else {
      remove(use.block)
    }
  }
}
