public import Units

/// How cached blocks are found and freed.
public enum PrefixIndex: String, Sendable, CaseIterable {
  /// A table of hashes over full blocks, as vLLM V1 has it: a request that computes a block which
  /// another one holds keeps its own copy, and a block may go while those that follow it stay.
  case hash
  /// A tree of prefixes, as SGLang has it: copies are merged, and what follows a block goes with
  /// it. Under a policy that lets tails go first, as LRU does, only leaves go; any other one may
  /// drop a branch for the sake of one block, where SGLang would take a leaf of it.
  case radix
}

/// Where the blocks of one lookup came from, in blocks.
public struct PrefixHits: Sendable, Equatable {
  /// Prompt blocks that a request of another session computed.
  public var shared: Int32 = 0
  /// Prompt blocks of earlier turns of the same session.
  public var session: Int32 = 0
  /// Blocks that were decoded as output of an earlier turn.
  public var output: Int32 = 0
  /// Of all these, blocks that a running request held.
  public var running: Int32 = 0

  /// Nothing found.
  public init() {}
}

/// Which blocks of an instance's pool hold a known prefix: names, holders and who goes first.
///
/// A block is in the cache from the end of the step that computed it until it is evicted. While
/// requests hold it, it counts as used; idle, it counts as available and goes when the pool needs
/// the room. Blocks are columns by number, which a block gets when it enters and which is free once
/// it is evicted, unless the policy remembers what it evicted and others can know the block. `find`
/// and `number` turn names of the trace into numbers; all else is in numbers.
///
/// In a table of hashes some of a block's holders may have computed it too, at the same time: each
/// of those keeps a copy of its own. When the block itself falls idle, the oldest copy takes its
/// place. Simplification: where an idle block and a held one have one content, the idle one is
/// given up at once; in vLLM it waits for its turn in the queue of free blocks.
///
/// Invariants: a block is held by `holders` requests, at least one of them without a copy; `idle`
/// counts blocks with none; only idle blocks go (I10).
public struct PrefixCache: Sendable {
  /// How blocks are found and freed.
  public let index: PrefixIndex
  /// Blocks in the cache that no request holds.
  public private(set) var idle: Int32 = 0
  /// Blocks in the cache that requests hold.
  public private(set) var held: Int32 = 0
  /// Copies beside them, in blocks.
  public private(set) var copies: Int32 = 0

  private var policy: any EvictionPolicy
  /// Requests that hold each block; 0 is idle, −1 not in the cache.
  private var holders: [Int32] = []
  /// The requests that hold a block by a copy, oldest first; only looked up.
  private var copiers: [BlockID: [Int32]] = [:]
  /// The session of the request that computed a block; for numbers of its own, that request.
  private var owner: [Int32] = []
  private var isOutput: [Bool] = []
  private var numbers = BlockNumbers()
  /// Whether the policy forgets a block with its eviction, so that its number is free.
  private let freesNumbers: Bool
  private var tree: BlockTree?
  private var victims: [BlockID] = []
  private var woken: [BlockID] = []
  private var subtree: [BlockID] = []

  /// An empty cache; `policy` need not know any number.
  public init(index: PrefixIndex, policy: any EvictionPolicy) {
    self.index = index
    self.policy = policy
    freesNumbers = !type(of: policy).remembersEvicted
    // Without gaps in prefixes there is no subtree to look for.
    tree = index == .radix && !type(of: policy).keepsPrefixes ? BlockTree() : nil
  }

  /// Puts numbers in the place of `names`, up to the first that was never in the cache; it and
  /// those after it are cut off.
  public func find(_ names: inout [BlockID]) {
    for i in names.indices {
      let number = numbers.number(of: names[i])
      if number < 0 {
        names.removeSubrange(i...)
        return
      }
      names[i] = number
    }
  }

  /// Puts numbers in the place of `names`, new ones for those that it never heard of.
  public mutating func number(_ names: inout [BlockID]) {
    for i in names.indices { names[i] = numbers.add(names[i]) }
    grow()
  }

  private mutating func grow() {
    let count = numbers.count
    guard count > holders.count else { return }
    holders.grow(to: count, with: -1)
    owner.grow(to: count, with: -1)
    isOutput.grow(to: count, with: false)
    policy.grow(to: count)
    tree?.grow(to: count)
  }

  /// Whether `block` is in the cache.
  public func contains(_ block: BlockID) -> Bool { holders[Int(block)] >= 0 }

  /// How many of `blocks`, from the first on, are in the cache, and how many of those are idle.
  public func probe(_ blocks: [BlockID]) -> (hits: Int32, idle: Int32) {
    var (hits, idle) = (Int32(0), Int32(0))
    for block in blocks {
      let count = holders[Int(block)]
      if count < 0 { break }
      if count == 0 { idle += 1 }
      hits += 1
    }
    return (hits, idle)
  }

  /// A request of `session` holds `blocks`, which are in the cache; idle ones wake up.
  public mutating func hold(
    _ blocks: ArraySlice<BlockID>, session: Int32, _ user: BlockUser
  ) -> PrefixHits {
    var hits = PrefixHits()
    woken.removeAll(keepingCapacity: true)
    for block in blocks {
      let number = Int(block)
      if holders[number] == 0 { woken.append(block) } else { hits.running += 1 }
      holders[number] += 1
      if isOutput[number] {
        hits.output += 1
      } else if owner[number] == session {
        hits.session += 1
      } else {
        hits.shared += 1
      }
    }
    idle -= Int32(woken.count)
    held += Int32(woken.count)
    policy.reuse(blocks, idle: woken, user)
    return hits
  }

  /// Somebody beside the requests holds `blocks`, each of which a request holds.
  public mutating func pin(_ blocks: [BlockID]) {
    for block in blocks {
      precondition(holders[Int(block)] > 0, "pins an idle block (I10)")
      holders[Int(block)] += 1
    }
  }

  /// A request of `session` has computed `blocks`, which follow `depth` others, and holds them.
  ///
  /// `previous` is the block before the first, −1 without. Answers how many of them a tree has
  /// merged with blocks that others hold; a table keeps those as copies.
  public mutating func publish(
    _ blocks: ArraySlice<BlockID>, after previous: BlockID, depth: Int32, session: Int32,
    isOutput decoded: Bool, _ user: BlockUser
  ) -> Int32 {
    var merged: Int32 = 0
    var i = blocks.startIndex
    while i < blocks.endIndex {
      let (block, number) = (blocks[i], Int(blocks[i]))
      let depth = depth + Int32(i - blocks.startIndex)
      if holders[number] > 0 {
        _ = policy.touch(user.use(of: block, depth: depth))
        holders[number] += 1
        if index == .radix {
          merged += 1
        } else {
          copiers[block, default: []].append(user.request)
          copies += 1
        }
        i += 1
      } else if holders[number] == 0 {
        // The idle copy is given up for the one just computed.
        _ = policy.touch(user.use(of: block, depth: depth))
        policy.retain(block)
        holders[number] = 1
        idle -= 1
        held += 1
        i += 1
      } else {
        let before = i > blocks.startIndex ? blocks[i - 1] : previous
        let end = enter(blocks[i...], after: before, session: session, isOutput: decoded)
        policy.enter(blocks[i..<end], depth: depth, user)
        i = end
      }
    }
    return merged
  }

  /// The first of `blocks`, up to one that is in the cache, enter it; answers where that is.
  private mutating func enter(
    _ blocks: ArraySlice<BlockID>, after previous: BlockID, session: Int32, isOutput decoded: Bool
  ) -> Int {
    var end = blocks.startIndex
    while end < blocks.endIndex, holders[Int(blocks[end])] < 0 {
      let number = Int(blocks[end])
      holders[number] = 1
      owner[number] = session
      isOutput[number] = decoded
      end += 1
    }
    held += Int32(end - blocks.startIndex)
    if tree != nil {
      var before = previous
      for block in blocks[..<end] {
        tree?.insert(block, under: before)
        before = block
      }
    }
    return end
  }

  /// A request lets go of `blocks`, which follow `depth` others, from the last to the first;
  /// answers how many blocks of the pool that made available: fallen idle, dropped, or copies.
  public mutating func release(
    _ blocks: ArraySlice<BlockID>, depth: Int32, _ user: BlockUser
  ) -> Int32 {
    victims.removeAll(keepingCapacity: true)
    var (freed, given) = (Int32(0), Int32(0))
    // A block's predecessors have at least its holders, so the blocks that fall idle are the last.
    var first = blocks.endIndex
    for i in blocks.indices.reversed() {
      let number = Int(blocks[i])
      holders[number] -= 1
      precondition(holders[number] >= 0, "a block was released twice")
      if !copiers.isEmpty, givesCopy(of: blocks[i], user.request) { given += 1 }
      if holders[number] == 0 {
        precondition(first == i + 1, "a block was held without those before it")
        first = i
        freed += 1
      }
    }
    copies -= given
    guard freed > 0 else { return given }
    held -= freed
    idle += freed
    let depth = depth + Int32(first - blocks.startIndex)
    policy.leave(blocks[first...], depth: depth, user, dropped: &victims)
    drop()
    return freed + given
  }

  /// Whether a copy goes now that `request` holds `block` no more: its own, or the oldest one,
  /// which takes the place of a block that only copies are left of.
  private mutating func givesCopy(of block: BlockID, _ request: Int32) -> Bool {
    guard let requests = copiers[block] else { return false }
    let own = requests.firstIndex(of: request)
    guard own != nil || requests.count == Int(holders[Int(block)]) else { return false }
    if requests.count == 1 {
      copiers[block] = nil
    } else {
      copiers[block]?.remove(at: own ?? 0)
    }
    return true
  }

  /// Puts `count` idle blocks of `request`, which nobody else can know, into the cache, the last
  /// of a prompt first; answers their numbers in the order of the prompt.
  public mutating func abandon(
    _ count: Int32, depth: Int32, request: Int32, _ user: BlockUser
  ) -> [BlockID] {
    var given: [BlockID] = []
    given.reserveCapacity(Int(count))
    for _ in 0..<count {
      let number = numbers.addNameless()
      grow()
      holders[Int(number)] = 0
      owner[Int(number)] = request
      isOutput[Int(number)] = false
      given.append(number)
    }
    idle += count
    victims.removeAll(keepingCapacity: true)
    policy.enter(given[...], depth: depth, user)
    policy.leave(given[...], depth: depth, user, dropped: &victims)
    drop()
    return given
  }

  /// Whether `number`, which `abandon` gave to `request`, still is that block.
  public func isIntact(_ number: BlockID, of request: Int32) -> Bool {
    holders[Int(number)] >= 0 && owner[Int(number)] == request && numbers.isNameless(number)
  }

  /// Evicts idle blocks until there are at most `room`.
  public mutating func shrink(to room: Int32) {
    guard idle > room else { return }
    victims.removeAll(keepingCapacity: true)
    if tree == nil {
      policy.evict(Int(idle - room), into: &victims)
      forgetVictims()
    } else {
      while idle > room {
        victims.removeAll(keepingCapacity: true)
        policy.evict(1, into: &victims)
        forgetVictims()
      }
    }
  }

  /// Evicts idle blocks until there are at most `room`; the numbers and names of those that have a
  /// name are appended to `evicted`, in the order in which they go.
  public mutating func shrink(
    to room: Int32, evicted: inout [(number: BlockID, name: BlockID)]
  ) {
    while idle > room {
      victims.removeAll(keepingCapacity: true)
      policy.evict(tree == nil ? Int(idle - room) : 1, into: &victims)
      if tree != nil { addSubtrees() }
      for block in victims where !numbers.isNameless(block) {
        evicted.append((block, numbers.name(of: block)))
      }
      dropVictims()
    }
  }

  /// When the next idle block grows too old, `.never` if none does.
  public var nextExpiry: Instant { policy.nextExpiry }

  /// Takes idle blocks that have grown too old at `now` out of the cache.
  public mutating func expire(at now: Instant) {
    victims.removeAll(keepingCapacity: true)
    while case let block = policy.expired(at: now), block >= 0 { victims.append(block) }
    if !victims.isEmpty { forgetVictims() }
  }

  /// Follows the policy's advice to drop blocks that have just been released.
  private mutating func drop() {
    for block in victims { policy.remove(block) }
    forgetVictims()
  }

  private mutating func forgetVictims() {
    if tree != nil { addSubtrees() }
    dropVictims()
  }

  private mutating func dropVictims() {
    for block in victims {
      precondition(holders[Int(block)] == 0, "only idle blocks go (I10)")
      holders[Int(block)] = -1
      tree?.remove(block)
      if freesNumbers || numbers.isNameless(block) { numbers.free(block) }
    }
    idle -= Int32(victims.count)
  }

  /// What follows a victim could never be hit again, so it goes too.
  private mutating func addSubtrees() {
    subtree.removeAll(keepingCapacity: true)
    for top in victims { tree?.addDescendants(of: top, to: &subtree) }
    guard !subtree.isEmpty else { return }
    // A victim may follow another one, and a block more than one of them.
    for block in victims { holders[Int(block)] = -1 }
    for block in subtree where holders[Int(block)] == 0 {
      policy.remove(block)
      holders[Int(block)] = -1
      victims.append(block)
    }
    for block in victims { holders[Int(block)] = 0 }
  }

  /// Counts all again from the columns (invariant I4); for tests, O(blocks).
  public func checkInvariants() {
    precondition(idle == holders.reduce(0) { $0 + ($1 == 0 ? 1 : 0) }, "idle blocks drifted (I4)")
    precondition(held == holders.reduce(0) { $0 + ($1 > 0 ? 1 : 0) }, "held blocks drifted (I4)")
    precondition(
      Int(copies) == copiers.values.reduce(0) { $0 + $1.count }, "copies drifted (I4)")
    precondition(
      copiers.allSatisfy { $1.count < holders[Int($0)] }, "a block has nothing but copies (I4)")
  }

  /// Requests that hold `block`; −1 if it is not in the cache.
  public func holders(of block: BlockID) -> Int32 { holders[Int(block)] }
}
