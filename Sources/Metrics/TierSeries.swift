/// A tier under HBM as one instance has it.
public struct TierDescription: Sendable, Equatable {
  /// Name, such as `dram`.
  public var name: String
  /// KV blocks that it holds.
  public var blocks: Int32
  /// Bytes of a block, those of all GPUs of the instance together.
  public var bytesPerBlock: Int64

  /// A tier; the parameters are the fields.
  public init(name: String, blocks: Int32, bytesPerBlock: Int64) {
    self.name = name
    self.blocks = blocks
    self.bytesPerBlock = bytesPerBlock
  }
}

/// Who holds how many blocks of a tier.
public struct TierUse: Sendable, Equatable {
  /// Blocks of requests that are away from HBM, on their way there or back.
  public var swapped: Int32 = 0
  /// Blocks of copies whose requests run.
  public var kept: Int32 = 0
  /// Blocks of contexts that wait for the next turn.
  public var contexts: Int32 = 0
  /// Blocks of a prefix cache.
  public var cached: Int32 = 0

  /// An empty tier.
  public init() {}

  /// Blocks in use.
  public var total: Int32 { swapped + kept + contexts + cached }
}

/// What every tier of every instance holds at the ends of the buckets of a `TimeSeries`, one column
/// per field.
///
/// Rows come bucket by bucket, instance by instance within, tier by tier within that.
public struct TierSeries: Sendable {
  /// Tiers of an instance: rows of one instance and bucket.
  public let tiers: Int
  /// `TierUse.swapped`.
  public private(set) var swapped: [Int32] = []
  /// `TierUse.kept`.
  public private(set) var kept: [Int32] = []
  /// `TierUse.contexts`.
  public private(set) var contexts: [Int32] = []
  /// `TierUse.cached`.
  public private(set) var cached: [Int32] = []

  /// An empty series of so many tiers.
  public init(tiers: Int) { self.tiers = tiers }

  /// Number of rows.
  public var count: Int { swapped.count }

  /// What the tier of a row holds.
  public subscript(row: Int) -> TierUse {
    var use = TierUse()
    use.swapped = swapped[row]
    use.kept = kept[row]
    use.contexts = contexts[row]
    use.cached = cached[row]
    return use
  }

  /// Adds the rows of the next instance, one for each tier.
  public mutating func append(_ uses: [TierUse]) {
    precondition(uses.count == tiers, "every tier has a row")
    for use in uses {
      swapped.append(use.swapped)
      kept.append(use.kept)
      contexts.append(use.contexts)
      cached.append(use.cached)
    }
  }

  /// Keeps the later of each pair of buckets, `buckets` in all.
  mutating func halve(to buckets: Int, instances: Int) {
    let rows = instances * tiers
    swapped = TimeSeries.later(swapped, buckets, rows)
    kept = TimeSeries.later(kept, buckets, rows)
    contexts = TimeSeries.later(contexts, buckets, rows)
    cached = TimeSeries.later(cached, buckets, rows)
  }
}
