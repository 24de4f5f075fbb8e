internal import Serving
public import Units

/// Instances that have equally much of a prompt.
public struct HitLevel: Sendable {
  /// Tokens that they have.
  public let tokens: Int32
  /// How many there are at most: of an approximate index some may not be open.
  public let count: Int
  /// Blocks of the prompt, or where they are in the list of hits.
  let place: Int
}

// MARK: Who has what

extension Fleet {
  /// Tokens of the prompt of `request` that `instance` has, at most all but one: asked of its cache
  /// by an exact index, else what the router believes.
  ///
  /// - Complexity: O(blocks of the prompt), approximate O(log blocks).
  public mutating func hitTokens(of request: RequestID, on instance: Int) -> Int32 {
    let prompt = promptTokens(of: request)
    guard knowsByIndex else {
      exchangeTier(with: instance)
      defer { exchangeTier(with: instance) }
      return instances[instance].cachedTokens(of: request, prompt, at: now)
    }
    let depth = index.depth(of: countingBlocks(of: request), on: instance)
    return tokens(ofBlocks: depth, of: prompt)
  }

  /// Blocks of a prompt that count as hits: all that bring more than those before them, when at
  /// least one token is computed.
  private func countingBlocks(of request: RequestID) -> ArraySlice<BlockID> {
    let size = Int(tokensPerPromptBlock)
    guard size > 0 else { return [] }
    let most = max(0, Int(promptTokens(of: request)) - 1)
    return promptBlocks(of: request).prefix((most + size - 1) / size)
  }

  private func tokens(ofBlocks blocks: Int, of prompt: Int32) -> Int32 {
    Int32(clamping: max(0, min(blocks * Int(tokensPerPromptBlock), Int(prompt) - 1)))
  }

  /// What open instances have of the prompt of `request`, the most first, nothing left out.
  ///
  /// - Complexity: O(blocks); exact O(instances · (blocks + log instances)), since every cache is
  ///   asked.
  public mutating func hitLevels(of request: RequestID) -> [HitLevel] {
    guard knowsByIndex else { return exactLevels(of: request) }
    let blocks = countingBlocks(of: request)
    let prompt = promptTokens(of: request)
    var levels: [HitLevel] = []
    var known = 0
    for depth in stride(from: index.depth(of: blocks), to: 0, by: -1) {
      // Who has a block has those before it.
      let count = index.count(of: blocks[blocks.startIndex + depth - 1])
      if count > known {
        levels.append(
          HitLevel(tokens: tokens(ofBlocks: depth, of: prompt), count: count - known, place: depth))
      }
      known = count
    }
    return levels
  }

  private mutating func exactLevels(of request: RequestID) -> [HitLevel] {
    hits.removeAll(keepingCapacity: true)
    for i in openInstances {
      let tokens = hitTokens(of: request, on: i)
      if tokens > 0 { hits.append(Hit(tokens: tokens, instance: i)) }
    }
    hits.sort { ($1.tokens, $0.instance) < ($0.tokens, $1.instance) }
    var levels: [HitLevel] = []
    var start = 0
    for i in hits.indices where i + 1 == hits.count || hits[i + 1].tokens < hits[i].tokens {
      levels.append(HitLevel(tokens: hits[i].tokens, count: i + 1 - start, place: start))
      start = i + 1
    }
    return levels
  }

  /// The open instances of `level`, ascending; it is one of the levels of `request`, which were
  /// asked for last.
  ///
  /// - Complexity: O(instances that have as much or more), and the order.
  public mutating func holders(of request: RequestID, at level: HitLevel) -> [Int] {
    guard knowsByIndex else {
      return hits[level.place..<level.place + level.count].map(\.instance)
    }
    let blocks = countingBlocks(of: request)
    let last = blocks.startIndex + level.place
    var holders: [Int] = []
    let following = last < blocks.endIndex ? blocks[last] : nil
    index.appendHolders(of: blocks[last - 1], without: following, to: &holders)
    return holders.filter { isOpen($0) }.sorted()
  }

  /// Visits the open instances that have any of the prompt of `request`, with the tokens that they
  /// have: the most first, equal ones by index, as long as `body` answers true.
  ///
  /// - Complexity: O(blocks + visited · log visited), where instances with equally much are
  ///   gathered together; exact O(instances · blocks).
  public mutating func visitHolders(of request: RequestID, _ body: (Int, Int32) -> Bool) {
    for level in hitLevels(of: request) {
      for i in holders(of: request, at: level) {
        guard body(i, level.tokens) else { return }
      }
    }
  }

  /// How often requests were sent to `instance` with what `request` would evict there, in uses of
  /// blocks; 0 with an exact index, since caches are not asked what they would give up.
  func usesEvicted(by request: RequestID, on instance: Int) -> Int {
    guard knowsByIndex else { return 0 }
    let blocks = promptBlocks(of: request)
    let new = blocks.count - index.depth(of: blocks, on: instance)
    return index.usesOfEvicted(by: new, on: instance)
  }
}

/// What an instance has of a prompt.
struct Hit: Sendable {
  var tokens: Int32
  var instance: Int
}

// MARK: What the router learns

extension Fleet {
  /// The router's own index of `rules`, when its router asks for hits.
  mutating func prepareIndex(_ rules: ClusterRules) {
    guard case .approximate(let tokens) = rules.index, tokensPerPromptBlock > 0 else { return }
    let size = Int(tokensPerPromptBlock)
    knowsByIndex = true
    index = HitIndex(
      capacities: instances.map {
        max(1, (tokens ?? Int($0.batch.totalBlocks) * Int($0.batch.tokensPerBlock)) / size)
      })
  }

  /// `request` has joined the queue of `instance`.
  mutating func learn(_ request: RequestID, on instance: Int) {
    guard knowsByIndex else { return }
    let blocks = promptBlocks(of: request)
    index.learn(blocks, on: instance, from: request.row)
  }

  /// `request` has left the queue of `instance`.
  mutating func unlearn(_ request: RequestID, on instance: Int) {
    guard knowsByIndex else { return }
    let blocks = promptBlocks(of: request)
    index.unlearn(blocks, on: instance, from: request.row)
  }

  /// `instance` has lost its cache.
  mutating func forget(_ instance: Int) {
    if knowsByIndex { index.forget(instance) }
  }
}

// MARK: Where a request costs least

/// An instance for a request, and what speaks for it.
struct Choice: Sendable {
  var instance: Int
  var cost: Double
  var load: Double

  /// Whether it is better: cheaper, else less loaded, else of a lower index.
  func precedes(_ other: Choice) -> Bool {
    (cost, load, instance) < (other.cost, other.load, other.instance)
  }
}

extension Fleet {
  /// The instance that is open in `loads` with the least `cost` for `request`, which grows, if not
  /// strictly, with the load and falls with the tokens that the instance has; there must be one.
  ///
  /// Equal costs go to the least load, then to the lowest index. `levels` are those of the request.
  ///
  /// - Complexity: O(log instances + blocks) where one of the least loaded instances has what most
  ///   have; else O(instances that have equally much, where they could win).
  mutating func cheapest(
    _ request: RequestID, _ levels: [HitLevel], by loads: LeastLoad,
    cost: (_ load: Double, _ hit: Int32) -> Double
  ) -> Choice {
    func choice(_ i: Int, hit: Int32) -> Choice {
      Choice(instance: i, cost: cost(loads[i], hit), load: loads[i])
    }
    let first = loads.first
    var best = choice(first, hit: hitTokens(of: request, on: first))
    for level in levels {
      let bound = cost(loads.least, level.tokens)
      // Of all that cost no less than the least loaded one, that one is the first.
      if bound > best.cost || bound == best.cost && best.instance == first { break }
      let quick = leastLoaded(request, level, by: loads).map {
        choice($0, hit: hitTokens(of: request, on: $0))
      }
      if let quick {
        if quick.precedes(best) { best = quick }
      } else {
        for i in holders(of: request, at: level) where loads.isOpen(i) {
          let other = choice(i, hit: level.tokens)
          if other.precedes(best) { best = other }
        }
      }
    }
    return best
  }

  /// The least loaded instance that has at least as much as `level`, if it is one of the first;
  /// where many have it, that is quicker than to look at all of them.
  private mutating func leastLoaded(
    _ request: RequestID, _ level: HitLevel, by loads: LeastLoad
  ) -> Int? {
    guard knowsByIndex, level.count > 8 else { return nil }
    var left = 16
    var firsts: [Int] = []
    loads.visitAscending {
      firsts.append($0)
      left -= 1
      return left > 0
    }
    let blocks = countingBlocks(of: request)
    let last = blocks[blocks.startIndex + level.place - 1]
    return firsts.first { index.has(last, on: $0) }
  }
}
