internal import Memory
internal import Units

/// How much of a waiting prompt is cached, in blocks.
struct CachedPrefix: Sendable {
  /// Blocks that need not be computed.
  var blocks: Int32 = 0
  /// Those of them that no request holds.
  var idle: Int32 = 0
  /// Whether one more was found, which is computed again because a step computes at least one
  /// token and a block is computed whole.
  var isWhole = false
}

/// The prefix cache of a batch and the names of the blocks in it.
struct PrefixState: Sendable {
  private(set) var cache: PrefixCache
  private let keys: PrefixKeys
  private let tokensPerBlock: Int32
  /// Numbers of the blocks without a name that a preempted request left behind, from its first
  /// such block on; by request row, only looked up.
  private var remains: [Int32: [BlockID]] = [:]
  private var names: [BlockID] = []
  /// Who reads which blocks; nil where each sequence reads for itself.
  var readers: PrefixReaders?
  /// Whether blocks with a name that make room are noted in `evicted`.
  var notesEvictions = false
  /// Those that made room, in the order in which they went.
  private var evicted: [Evicted] = []
  private var victims: [(number: BlockID, name: BlockID)] = []
  /// For each number the blocks before it and the request that computed it; empty unless asked.
  private var depths: [Int32] = []
  private var authors: [Int32] = []

  init(_ cache: PrefixCache, _ keys: PrefixKeys, tokensPerBlock: Int32) {
    self.cache = cache
    self.keys = keys
    self.tokensPerBlock = tokensPerBlock
  }

  /// Leaves the numbers of the first `count` blocks of a request in `names`, as far as they have
  /// any.
  private mutating func name(_ row: Int, upTo count: Int32) {
    names.removeAll(keepingCapacity: true)
    let named = keys.named(row)
    keys.append(0..<min(count, named), of: row, to: &names)
    cache.find(&names)
    guard count > named, names.count == Int(named), !remains.isEmpty, let rest = remains[Int32(row)]
    else { return }
    for number in rest.prefix(Int(count - named)) {
      guard cache.isIntact(number, of: Int32(row)) else { return }
      names.append(number)
    }
  }

  /// Looks up the first `tokens` tokens of the request in `row`; leaves no trace in the cache but
  /// that blocks which have grown too old are gone.
  mutating func lookUp(_ row: Int, tokens: Int32, at now: Instant) -> CachedPrefix {
    cache.expire(at: now)
    name(row, upTo: tokens / tokensPerBlock)
    var found = CachedPrefix()
    (found.blocks, found.idle) = cache.probe(names)
    guard found.blocks > 0, found.blocks * tokensPerBlock == tokens else { return found }
    found.isWhole = true
    found.blocks -= 1
    if cache.holders(of: names[Int(found.blocks)]) == 0 { found.idle -= 1 }
    return found
  }

  /// The request in `row` holds the `count` blocks that `lookUp` found just before.
  mutating func hold(_ count: Int32, of row: Int, at now: Instant) -> PrefixHits {
    let named = keys.named(row)
    if !remains.isEmpty, remains[Int32(row)] != nil {
      let kept = max(0, Int(count - named))
      remains[Int32(row)] = kept > 0 ? Array(names[Int(named)..<Int(count)]) : nil
    }
    return cache.hold(
      names[..<Int(count)], session: keys.session(of: row), keys.user(row, at: now))
  }

  /// The request in `row` has computed its blocks up to `full` and has put `held` into the cache
  /// so far; answers how many it has now, and how many of the new ones were merged with others'.
  mutating func publish(
    _ row: Int, from held: Int32, upTo full: Int32, prompt: Int32, at now: Instant
  ) -> (held: Int32, merged: Int32) {
    let end = min(full, keys.named(row))
    guard end > held else { return (held, 0) }
    names.removeAll(keepingCapacity: true)
    let start = max(0, held - 1)
    keys.append(start..<end, of: row, to: &names)
    cache.number(&names)
    let first = Int(held - start)
    if notesEvictions { noteAuthor(row, of: names[first...], depth: held) }
    let boundary = min(max(prompt / tokensPerBlock, held), end)
    let middle = first + Int(boundary - held)
    let (session, user) = (keys.session(of: row), keys.user(row, at: now))
    var merged: Int32 = 0
    if middle > first {
      merged += cache.publish(
        names[first..<middle], after: first > 0 ? names[first - 1] : -1, depth: held,
        session: session, isOutput: false, user)
    }
    if middle < names.count {
      merged += cache.publish(
        names[middle...], after: middle > 0 ? names[middle - 1] : -1, depth: boundary,
        session: session, isOutput: true, user)
    }
    return (end, merged)
  }

  /// The request in `row` leaves `count` blocks that nobody else can know and lets go of the
  /// `held` blocks before them; answers how many blocks the latter made available.
  ///
  /// A preempted request finds `keeping` of the former again, the first ones, and those of the
  /// latter that only it knows; nil when it has finished.
  mutating func release(
    _ row: Int, held: Int32, abandoning count: Int32, keeping: Int32?, at now: Instant
  ) -> Int32 {
    let user = keys.user(row, at: now)
    name(row, upTo: held)
    precondition(names.count == Int(held), "a held block has lost its name (I4)")
    var rest = Array(names.dropFirst(Int(keys.named(row))))
    if count > 0 {
      let numbers = cache.abandon(count, depth: held, request: Int32(row), user)
      rest += numbers.prefix(Int(keeping ?? 0))
    }
    if keeping == nil { rest = [] }
    if !rest.isEmpty || !remains.isEmpty { remains[Int32(row)] = rest.isEmpty ? nil : rest }
    return cache.release(names[...], depth: 0, user)
  }

  /// Holds the first `count` blocks of the request in `row`, which somebody holds.
  mutating func pin(_ count: Int32, of row: Int) {
    name(row, upTo: count)
    precondition(names.count == Int(count), "pins what is not there (I4)")
    cache.pin(names)
  }

  /// Lets go of them; answers how many blocks that made available.
  mutating func unpin(_ count: Int32, of row: Int, at now: Instant) -> Int32 {
    name(row, upTo: count)
    precondition(names.count == Int(count), "a pinned block has lost its name (I4)")
    return cache.release(names[...], depth: 0, keys.user(row, at: now))
  }

  /// Makes room: at most `room` idle blocks stay; true when some of those that went are to be
  /// stored.
  mutating func shrink(to room: Int32, at now: Instant) -> Bool {
    guard cache.idle > room else { return false }
    guard notesEvictions else {
      cache.shrink(to: room)
      return false
    }
    // What is too old goes by itself, whether somebody has looked since or not.
    cache.expire(at: now)
    victims.removeAll(keepingCapacity: true)
    cache.shrink(to: room, evicted: &victims)
    for (number, name) in victims {
      evicted.append(
        Evicted(name: name, depth: depths[Int(number)], request: authors[Int(number)]))
    }
    return !evicted.isEmpty
  }

  /// A decode reads the first `count` blocks of the request in `row`, as far as they have a name;
  /// answers how many those are.
  mutating func startReading(_ count: Int32, of row: Int) -> Int32 {
    let count = min(count, keys.named(row))
    name(row, upTo: count)
    precondition(names.count == Int(count), "reads what is not there (I4)")
    readers?.join(names[...])
    return count
  }

  /// It reads them no more.
  mutating func stopReading(_ count: Int32, of row: Int) {
    name(row, upTo: count)
    precondition(names.count == Int(count), "has read what is not there (I4)")
    readers?.leave(names[...])
  }

  // MARK: For the tiers below

  /// A block that made room.
  struct Evicted: Sendable {
    let name: BlockID
    let depth: Int32
    let request: Int32
  }

  private mutating func noteAuthor(_ row: Int, of numbers: ArraySlice<BlockID>, depth: Int32) {
    for (i, number) in numbers.enumerated() {
      while depths.count <= Int(number) {
        depths.append(0)
        authors.append(-1)
      }
      depths[Int(number)] = depth + Int32(i)
      authors[Int(number)] = Int32(row)
    }
  }

  /// What has made room since it was last asked for.
  mutating func takeEvicted() -> [Evicted] {
    defer { evicted.removeAll(keepingCapacity: true) }
    return evicted
  }

  /// Appends the names of blocks `range` of the request in `row`, as far as they have any.
  func appendNames(_ range: Range<Int32>, of row: Int, to names: inout [BlockID]) {
    let end = min(range.upperBound, keys.named(row))
    guard end > range.lowerBound else { return }
    keys.append(range.lowerBound..<end, of: row, to: &names)
  }

  /// What policies may know of the request in `row`.
  func user(_ row: Int, at now: Instant) -> BlockUser { keys.user(row, at: now) }
}
