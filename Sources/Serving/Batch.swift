internal import Kernel
public import Memory
internal import Units

/// How much contiguous memory a sequence takes when it is admitted.
public enum Reservation: Sendable {
  /// A fixed number of tokens.
  case tokens(Int32)
  /// The prompt and the next power of two of the output, at most the model's length: oracle.
  case outputPowerOfTwo
  /// The prompt and the output: oracle.
  case exactOutput
}

/// Part of a prompt that one step computes.
public struct Chunk: Sendable {
  /// The sequence.
  public let slot: Slot
  /// Prompt tokens computed.
  public let tokens: Int32
}

/// The state of one instance that a scheduler sees and changes.
///
/// Sequences that decode are held as sums. The decode clock counts decode steps; a sequence's
/// length is `stored + clock − joined`, so a step changes three numbers however large the batch.
public struct Batch: Sendable {
  /// Tokens of a KV block, a power of two.
  public let tokensPerBlock: Int32
  /// Most tokens of prompt and output together.
  public var maxModelLength: Int32 { pool.maxModelLength }
  /// Its memory without any sequence.
  public let pool: EmptyPool
  var blocks: BlockStore
  var regions: BuddyStore
  /// The prefix cache; nil without.
  var prefix: PrefixState?
  /// The tiers under the prefix cache; nil without.
  var offload: OffloadState?
  // Whether there are such things: to ask a large optional, even for nil, may copy it.
  var cachesPrefixes = false
  var hasTiers = false
  /// Whether blocks in tiers are ever loaded.
  var loadsFromTiers = false
  /// How an experiment wants decodes to read prefixes that they share.
  public var askedAttention = SharedPrefixAttention.none
  /// Whether decodes read prefixes together.
  var sharesReads = false
  /// Whether blocks that make room in HBM are stored in the tiers.
  var storesEvicted = false
  /// Whether blocks of those who wait rise to the nearest tier.
  var raisesQueued = false
  /// An admission of this plan was refused for want of room although idle blocks hold a part of
  /// the prompt: if they go, it needs less.
  var refusedWithIdleHits = false
  /// An admission of this plan was refused although tiers under HBM have a part of the prompt.
  var refusedWithFinds = false
  /// What the batch is there for.
  public internal(set) var role = InstanceRole.mixed
  /// What it does of requests that two instances serve; nil where one serves them.
  var handover: HandoverState?
  /// The host memory to swap to; nil without.
  var swap: SwapSpace?
  /// How the blocks of sequences lie in HBM; nil where nobody asks.
  var groups: BlockGroups?
  /// The pages mapped behind contiguous tensors; nil where blocks are found by a table.
  var pages: PageState?
  /// The requests in groups that begin alike; none where no scheduler asks.
  var promptGroups = PromptGroups()
  var groupsPrompts = false
  /// What users were served; nil where no scheduler asks.
  var service: ServiceCounters?
  /// Requests without KV, in the order in which they are served.
  public internal(set) var waiting = WaitingQueue()
  /// Sequences with part of their prompt computed, oldest first.
  public internal(set) var prefilling: [Slot] = []
  /// Sequences on the host, in the order in which they got there.
  public internal(set) var away: [Slot] = []
  /// Sequences on their way back, in the order in which they set out.
  public internal(set) var returning: [Slot] = []
  /// Copies that have not landed.
  public internal(set) var copies: Int32 = 0
  /// Blocks that copies are about to free.
  public internal(set) var leavingBlocks: Int32 = 0
  /// Chunks of the step being formed.
  public internal(set) var chunks: [Chunk] = []
  /// Sequences that decode.
  public internal(set) var decodes: Int32 = 0
  /// Those of them that belong to the warm-up.
  var unmeasured: Int32 = 0
  /// Steps done since the start.
  public internal(set) var step = 0
  /// The oldest sequence in running order, which is the order of admission.
  public internal(set) var first: Slot?
  /// The youngest sequence in running order.
  public internal(set) var last: Slot?

  var now = Instant.zero
  var clock = 0
  /// Lengths summed over decodes, and tokens stored of unfinished prompts.
  var context: Int64 = 0
  var partial: Int64 = 0
  var prefillTokens: Int32 = 0
  var longest = LongestContext()
  /// Sequences that open a block when clock ≡ index (mod block size).
  var growthAt: [Int32]
  var milestones = MinHeap<UInt64>()  // clock << 24 | slot
  var sequences: [Sequence] = []
  var freeSlots: [Slot] = []
  /// Sequences that joined since the last decode step.
  var fresh: [Slot] = []
  var gaps = GapStack()
  var hasChanged = false
  var finished: [Slot] = []
  var admitted: [Admission] = []
  /// Admissions so far.
  private var admissions = 0
  var preempted: [(request: RequestID, lost: Int32)] = []
  /// Requests that run again after they were away.
  var resumed: [(request: RequestID, since: Instant)] = []
  /// Requests on their way to the host.
  var leaving: Int32 = 0
  /// Blocks that returning sequences open in their first step, and prompt tokens that they lack.
  var returningGrowth: Int32 = 0
  var returningTokens: Int32 = 0
  /// Those of the returning sequences that were not swapped out: contexts of turns before them.
  var recalling: Int32 = 0
  /// Copies to be started, out of HBM and into it, those that landed and those to be called off.
  var outbox: [Transfer] = []
  var inbox: [Transfer] = []
  var landed: [Transfer] = []
  var cancelled: [Slot] = []
  /// Slots whose copies have not landed.
  var copying: [Slot] = []
  /// Slots that have filled their groups and grow in the next decode step.
  var full: [Slot] = []

  /// An empty batch over a pool of `blocks` blocks of `tokensPerBlock` tokens.
  public init(blocks: Int32, tokensPerBlock: Int32, maxModelLength: Int32 = .max) {
    precondition(tokensPerBlock > 0 && tokensPerBlock & (tokensPerBlock - 1) == 0)
    self.blocks = BlockStore(total: blocks)
    pool = EmptyPool(
      totalBlocks: blocks, tokensPerBlock: tokensPerBlock, maxModelLength: maxModelLength)
    regions = BuddyStore(total: pool.tokens)
    self.tokensPerBlock = tokensPerBlock
    growthAt = Array(repeating: 0, count: Int(tokensPerBlock))
  }

  /// Gives the batch a prefix cache over its pool; `keys` name the blocks of all requests, and
  /// `policy` need not know any number of a block.
  public mutating func cachePrefixes(
    _ keys: PrefixKeys, _ index: PrefixIndex, _ policy: any EvictionPolicy
  ) {
    let cache = PrefixCache(index: index, policy: policy)
    prefix = PrefixState(cache, keys, tokensPerBlock: tokensPerBlock)
    cachesPrefixes = true
  }

  /// Gives the batch a host to swap to.
  public mutating func swapTo(_ host: HostMemory, _ mode: SwapMode) {
    swap = SwapSpace(host, mode)
    guard mode.granularity == .group else { return }
    groups = BlockGroups(total: blocks.total, initialGroup: mode.initialGroup)
  }

  /// Blocks of the pool.
  public var totalBlocks: Int32 { blocks.total }
  /// Blocks that no sequence holds, idle ones of the prefix cache among them.
  public var availableBlocks: Int32 { blocks.available }
  /// Sequences that run or are about to.
  public var count: Int32 { decodes + Int32(prefilling.count + returning.count) }
  /// Sequences that were swapped out and are not on their way back.
  public var absent: Int32 { Int32(away.count) + leaving }
  // Inline, or a caller that changes the batch copies it for the call.
  /// Blocks that hold `tokens`.
  @inline(__always)
  public func blocks(for tokens: Int32) -> Int32 { (tokens + tokensPerBlock - 1) / tokensPerBlock }
  /// Blocks that the decodes, and those for whose return it waits, open in the next step.
  public var growth: Int32 {
    growthAt[clock & Int(tokensPerBlock - 1)] + (awaitsCopies ? returningGrowth : 0)
  }
  /// Blocks that the next decode step lacks and that no copy is about to free.
  public var shortage: Int32 { max(0, growth - blocks.available - leavingBlocks) }
}

/// What the engine notes of an admission.
struct Admission: Sendable {
  let request: RequestID
  /// When it was preempted; `.never` for a request that never ran.
  let preemptedAt: Instant
  /// Tokens that it had stored then.
  let lost: Int32
  /// Whether its prompt was computed elsewhere, which is where it was noted first.
  var isHandedOver = false
  /// Tokens found in the prefix cache.
  var cached: Int32 = 0
  var hits = PrefixHits()
  /// Whether a block more was found but is computed again.
  var isWhole = false
  /// Of the tokens found, those that lie under HBM, by tier; the last has those of all below it.
  var loaded = SIMD4<Int32>()
}

// MARK: - Verbs of schedulers

extension Batch {
  /// Puts the waiting request at `index`, the head of the queue if not said, into the step with up
  /// to `limit` tokens of its prompt.
  ///
  /// Returns the tokens it computes; 0, and no trace, when nobody waits there, `limit` is 0 or
  /// blocks for the tokens, with `reserve` left, are short.
  public mutating func admit(
    _ index: Int = 0, upTo limit: Int32, keeping reserve: Int32 = 0
  ) -> Int32 {
    guard index < waiting.count, limit > 0 else { return 0 }
    let entry = waiting[index]
    precondition(entry.elsewhere == nil, "a scheduler admits by admitLoading what is elsewhere")
    let row = Int(entry.request.row)
    let time = now
    let found = prefix?.lookUp(row, tokens: entry.tokens, at: time) ?? CachedPrefix()
    let stored = found.blocks * tokensPerBlock
    let tokens = min(entry.tokens - stored, limit)
    let total = blocks(for: stored + tokens)
    let need = total - found.blocks + found.idle
    let later = role == .mixed ? 0 : blocksBesideKept(entry, after: total)
    guard need + later + reserve <= blocks.available else {
      if found.idle > 0 { refusedWithIdleHits = true }
      return 0
    }
    var sequence = Sequence(entry)
    sequence.blocks = total
    sequence.stored = stored
    sequence.cached = found.blocks
    var admission = Admission(
      request: entry.request, preemptedAt: entry.preemptedAt, lost: entry.lost)
    if let hits = prefix?.hold(found.blocks, of: row, at: now) {
      (admission.cached, admission.hits, admission.isWhole) = (stored, hits, found.isWhole)
    }
    take(need)
    partial += Int64(stored)
    start(index, sequence, computing: tokens, admission)
    return tokens
  }

  /// Takes blocks that are available; idle ones of the prefix cache make room.
  mutating func take(_ count: Int32) {
    guard blocks.take(count) else { preconditionFailure("took blocks that are not available") }
    if prefix?.shrink(to: blocks.available, at: now) == true { storeEvicted() }
  }

  /// Puts the head of the queue into the step with its whole prompt and contiguous memory.
  ///
  /// Returns the tokens it computes; 0, and no trace, when the queue is empty or no free region
  /// is large enough.
  public mutating func admit(reserving reservation: Reservation) -> Int32 {
    guard let entry = waiting.first,
      let region = regions.take(pool.length(reservation, for: entry))
    else { return 0 }
    var sequence = Sequence(entry)
    sequence.region = region
    let admission = Admission(
      request: entry.request, preemptedAt: entry.preemptedAt, lost: entry.lost)
    start(0, sequence, computing: entry.tokens, admission)
    return entry.tokens
  }

  private mutating func start(
    _ index: Int, _ sequence: Sequence, computing tokens: Int32, _ admission: Admission
  ) {
    noteLeavingQueue(sequence.entry)
    endPrefetch(for: sequence.entry.request)
    waiting.remove(at: index)
    hasChanged = true
    admitted.append(admission)
    let slot = place(sequence)
    sequences[Int(slot)].began = now
    prefilling.append(slot)
    link(slot)
    allocateGroups(slot, sequence.blocks)
    openPages(slot)
    schedule(slot, tokens)
  }

  /// Gives a sequence a row.
  mutating func place(_ sequence: Sequence) -> Slot {
    let slot: Slot
    if let free = freeSlots.popLast() {
      slot = free
      sequences[Int(slot)] = sequence
    } else {
      slot = Slot(sequences.count)
      precondition(slot < 1 << 24, "milestones hold slots of 24 bits")
      sequences.append(sequence)
    }
    sequences[Int(slot)].order = admissions
    admissions += 1
    sequences[Int(slot)].common = sequence.cached
    if groupsPrompts { noteGroupAdmission(slot) }
    return slot
  }

  /// Computes up to `limit` more prompt tokens of `slot`; 0, and no trace, when blocks are short.
  public mutating func extend(_ slot: Slot, upTo limit: Int32, keeping reserve: Int32) -> Int32 {
    let s = sequences[Int(slot)]
    let tokens = min(s.entry.tokens - s.stored, limit)
    let need = max(0, blocks(for: s.stored + tokens) - s.blocks)
    guard tokens > 0, need + reserve <= blocks.available else { return 0 }
    take(need)
    hasChanged = true
    sequences[Int(slot)].blocks += need
    allocateGroups(slot, need)
    extendPages(slot)
    schedule(slot, tokens)
    return tokens
  }

  /// Takes a running sequence, or one that loads, out of the batch; it waits at the queue's head,
  /// and its KV is lost but for what stays in the prefix cache.
  public mutating func preempt(_ slot: Slot) {
    hasChanged = true
    var lost: Int32?
    switch sequences[Int(slot)].phase {
    case .decoding: leave(slot)
    case .returning where sequences[Int(slot)].entry.elsewhere != nil:
      callOffHandover(slot)
      return returnToQueue(slot, keeping: sequences[Int(slot)].entry)
    case .returning: lost = callOff(slot)
    default: unschedule(slot)
    }
    let s = sequences[Int(slot)]
    var entry = Waiting(
      request: s.entry.request, tokens: s.entry.tokens + s.generated - s.entry.generated,
      generated: s.generated, output: s.entry.output)
    entry.isMeasured = s.entry.isMeasured
    entry.session = s.entry.session
    entry.user = s.entry.user
    entry.repeated = s.entry.repeated
    entry.group = s.entry.group
    entry.lastToken = s.lastToken
    entry.longestGap = s.longestGap
    entry.lost = lost ?? s.stored
    returnToQueue(slot, keeping: entry)
  }

  private mutating func returnToQueue(_ slot: Slot, keeping entry: Waiting) {
    unlink(slot)
    release(slot, isPreempted: true)
    var entry = entry
    entry.preemptedAt = now
    waiting.pushFront(entry)
    service?.returnToQueue(entry.user)
    preempted.append((entry.request, entry.lost))
  }

  mutating func schedule(_ slot: Slot, _ tokens: Int32) {
    chunks.append(Chunk(slot: slot, tokens: tokens))
    prefillTokens += tokens
  }

  mutating func unschedule(_ slot: Slot) {
    prefilling.removeAll { $0 == slot }
    partial -= Int64(sequences[Int(slot)].stored)
    for chunk in chunks where chunk.slot == slot { prefillTokens -= chunk.tokens }
    chunks.removeAll { $0.slot == slot }
  }
}
