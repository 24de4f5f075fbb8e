public import Kernel
public import Units

/// Time to live: a block that was not used for so long is gone; under pressure the one goes that
/// would expire first.
///
/// Modelled: a life that each use begins anew, as prompt caches of API providers have it. A held
/// block does not age; its life begins when it is released. Not modelled: lives of different
/// length, and a price of writing into the cache.
///
/// Source: Anthropic, "Prompt caching", API documentation, 2024: five minutes, refreshed by each
/// use.
public struct TTL: EvictionPolicy {
  /// How long a block lives.
  public struct Options: PolicyOptions {
    /// Time after its last use at which a block is gone.
    public var ttl = Seconds(300)
    /// Five minutes.
    public init() {}
    /// Ranges.
    public var fault: String? { ttl.value > 0 ? nil : "ttl \(ttl) must be above 0 s" }
  }

  /// `ttl`.
  public static let name = "ttl"
  /// What it is.
  public static let summary = "Time to live: blocks expire some time after their last use"
  /// Tails go first, and blocks of one request expire together.
  public static let keepsPrefixes = true
  /// A block that comes back is new.
  public static let remembersEvicted = false

  private var idle = BlockLists(lists: 1)
  private var lastUses: [Instant] = []
  private let life: Int64

  /// An empty cache.
  public init(_ options: Options, _ context: EvictionContext) {
    life = Int64(min(options.ttl.value * 1e12, 9.2e18))
    grow(to: context.blockCount)
  }
  /// Has room for more numbers.
  public mutating func grow(to blockCount: Int) {
    idle.grow(to: blockCount)
    lastUses.grow(to: blockCount, with: .zero)
  }

  /// Its life begins.
  public mutating func insert(_ use: BlockUse) -> Bool {
    lastUses[Int(use.block)] = use.time
    idle.append(use.block, to: 0)
    return true
  }
  /// Its life begins anew.
  public mutating func touch(_ use: BlockUse) -> Bool {
    lastUses[Int(use.block)] = use.time
    if idle.contains(use.block) { idle.moveToTail(use.block, of: 0) }
    return true
  }
  /// It does not age.
  public mutating func retain(_ block: BlockID) { idle.remove(block, from: 0) }
  /// Its life begins anew.
  public mutating func release(_ use: BlockUse) -> Bool {
    lastUses[Int(use.block)] = use.time
    idle.append(use.block, to: 0)
    return true
  }
  /// The one that would expire first goes.
  public mutating func evict(for incoming: BlockUse?) -> BlockID {
    let victim = idle.head(of: 0)
    idle.remove(victim, from: 0)
    return victim
  }
  /// Forgets it.
  public mutating func remove(_ block: BlockID) {
    if idle.contains(block) { idle.remove(block, from: 0) }
  }
  /// A block whose life has ended.
  public mutating func expired(at now: Instant) -> BlockID {
    let oldest = idle.head(of: 0)
    guard oldest >= 0, now - lastUses[Int(oldest)] >= life else { return -1 }
    idle.remove(oldest, from: 0)
    return oldest
  }
  /// When the life of the block ends that was used longest ago.
  public var nextExpiry: Instant {
    let oldest = idle.head(of: 0)
    guard oldest >= 0 else { return .never }
    let (end, isBeyond) = lastUses[Int(oldest)].picoseconds.addingReportingOverflow(life)
    return isBeyond ? .never : Instant(picoseconds: end)
  }
}
