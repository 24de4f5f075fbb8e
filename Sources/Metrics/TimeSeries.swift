public import Units

/// State and counts of every instance in buckets of equal width, one column per field.
///
/// Rows come bucket by bucket, instance by instance within. When there are more than `limit` rows
/// the buckets double: pairs merge into one, counts add up and the later state stays, so memory is
/// bounded however long the run.
public struct TimeSeries: Sendable {
  /// Width of a bucket in picoseconds.
  public private(set) var width: Int64
  /// Instances: rows of one bucket.
  public let instances: Int
  private let limit: Int

  /// Requests in the batch at the bucket's end.
  public private(set) var running: [Int32] = []
  /// Requests waiting at the bucket's end.
  public private(set) var waiting: [Int32] = []
  /// KV blocks in use at the bucket's end.
  public private(set) var blocks: [Int32] = []
  /// Prompt tokens of requests whose first token fell into the bucket.
  public private(set) var promptTokens: [Int64] = []
  /// Output tokens made in the bucket.
  public private(set) var generatedTokens: [Int64] = []
  /// Requests finished in the bucket.
  public private(set) var finished: [Int32] = []
  /// Preemptions in the bucket.
  public private(set) var preemptions: [Int32] = []
  /// What the tiers under HBM hold at the bucket's end.
  public private(set) var tiers: TierSeries

  /// An empty series.
  ///
  /// - Parameters:
  ///   - width: picoseconds of a bucket at first.
  ///   - instances: rows of one bucket.
  ///   - limit: most rows before buckets double, a row for each tier where there are any.
  ///   - tiers: tiers under HBM of an instance.
  public init(width: Int64, instances: Int, limit: Int = 1 << 22, tiers: Int = 0) {
    self.width = width
    self.instances = instances
    self.limit = limit / max(1, tiers)
    self.tiers = TierSeries(tiers: tiers)
  }

  /// Number of rows.
  public var count: Int { running.count }

  /// The end of the bucket that `row` belongs to.
  public func time(of row: Int) -> Instant {
    Instant(picoseconds: Int64(row / instances + 1) * width)
  }

  /// State and counts of one instance in one bucket.
  public struct Row: Sendable {
    /// State at the bucket's end.
    public var running: Int32
    /// State at the bucket's end.
    public var waiting: Int32
    /// State at the bucket's end.
    public var blocks: Int32
    /// The counts of `RunTotals` within the bucket.
    public var counts: RunTotals
    /// State and counts.
    public init(running: Int32, waiting: Int32, blocks: Int32, counts: RunTotals) {
      self.running = running
      self.waiting = waiting
      self.blocks = blocks
      self.counts = counts
    }
  }

  /// Adds the row of the next instance, and what each of its tiers holds.
  public mutating func append(_ row: Row, tiers uses: [TierUse] = []) {
    tiers.append(uses)
    running.append(row.running)
    waiting.append(row.waiting)
    blocks.append(row.blocks)
    promptTokens.append(row.counts.promptTokens)
    generatedTokens.append(row.counts.generatedTokens)
    finished.append(Int32(row.counts.finished))
    preemptions.append(Int32(row.counts.preemptions))
  }

  /// Doubles the buckets when the series has become too long; call after a whole bucket.
  ///
  /// Only at an even number of buckets, so that bucket ends stay multiples of the width.
  public mutating func compact() {
    guard count > limit, count / instances % 2 == 0 else { return }
    let buckets = count / instances / 2
    running = Self.later(running, buckets, instances)
    waiting = Self.later(waiting, buckets, instances)
    blocks = Self.later(blocks, buckets, instances)
    promptTokens = Self.sums(promptTokens, buckets, instances)
    generatedTokens = Self.sums(generatedTokens, buckets, instances)
    finished = Self.sums(finished, buckets, instances)
    preemptions = Self.sums(preemptions, buckets, instances)
    tiers.halve(to: buckets, instances: instances)
    width *= 2
  }

  static func later<T>(_ column: [T], _ buckets: Int, _ instances: Int) -> [T] {
    (0..<buckets * instances).map { row in
      column[(2 * (row / instances) + 1) * instances + row % instances]
    }
  }

  private static func sums<T: FixedWidthInteger>(
    _ column: [T], _ buckets: Int, _ instances: Int
  ) -> [T] {
    (0..<buckets * instances).map { row in
      let first = 2 * (row / instances) * instances + row % instances
      return column[first] + column[first + instances]
    }
  }
}
