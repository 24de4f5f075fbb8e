public import Units

/// What moved between the tiers of a run with any, and over which links.
public struct MemoryRecord: Sendable {
  /// The lanes of all links, fabric by fabric.
  public var links: [LinkRecord]
  /// The tiers under HBM of one instance, nearest first.
  public var tiers: [TierDescription]
  /// GPUs of an instance, which copy their parts side by side: each has links of its own.
  public var gpus: Int64
  /// Transfers that landed, a transfer over several links once.
  public var transfers: Int64
  /// Copies that one GPU issued for them.
  public var copies: Int64
  /// What contention cost transfers of each cause, ps; a transfer over several links once.
  public var waiting: [Int128]
  /// Every transfer, when asked for; those that did not land last.
  public var log: [TransferRecord]
  /// When the run was over and the last copy had landed.
  public var end: Instant

  /// A record; the parameters are the fields.
  public init(
    links: [LinkRecord], tiers: [TierDescription], gpus: Int64, transfers: Int64, copies: Int64,
    waiting: [Int128], log: [TransferRecord], end: Instant
  ) {
    self.links = links
    self.tiers = tiers
    self.gpus = gpus
    self.transfers = transfers
    self.copies = copies
    self.waiting = waiting
    self.log = log
    self.end = end
  }
}

/// What one lane of a link carried, in bytes of one GPU.
public struct LinkRecord: Sendable, Equatable {
  /// Which way a lane carries.
  public enum Direction: String, Sendable {
    /// Away from HBM.
    case outward = "out"
    /// Towards HBM.
    case inward = "in"
    /// One way at a time.
    case both
  }

  /// What transfers of one cause did.
  public struct Cause: Sendable, Equatable {
    /// Transfers that landed.
    public var transfers: Int64 = 0
    /// Copies that were made, of transfers that were called off too.
    public var copies: Int64 = 0
    /// Bytes that were moved, of transfers that were called off too.
    public var bytes: Int64 = 0
    /// Transfers that were called off.
    public var cancelledTransfers: Int64 = 0
    /// Bytes of those that were not moved.
    public var cancelledBytes: Int64 = 0
    /// Time beyond that which each would have taken alone, ps.
    public var waiting: Int128 = 0

    /// Nothing.
    public init() {}

    /// Adds what another cause or lane did.
    public mutating func add(_ other: Cause) {
      transfers += other.transfers
      copies += other.copies
      bytes += other.bytes
      cancelledTransfers += other.cancelledTransfers
      cancelledBytes += other.cancelledBytes
      waiting += other.waiting
    }
  }

  /// Names of the causes, in the order of `causes`: why KV travels.
  public static let causeNames = [
    "swap_out", "swap_in", "context_out", "context_in", "store", "load", "prefetch", "demote",
    "handover",
  ]

  /// Links with one number share transfers with each other and with no others.
  public var fabric: Int
  /// Number of the lane in its fabric.
  public var lane: Int
  /// Name of the kind of link.
  public var link: String
  /// Which way it carries.
  public var direction: Direction
  /// Instances that reach it.
  public var instances: Int
  /// Whether it ends at HBM.
  public var touchesHBM: Bool
  /// Time in which something moved on it, ps.
  public var busy: Int128
  /// What it carried, by cause.
  public var causes: [Cause]

  /// A lane; the parameters are the fields.
  public init(
    fabric: Int, lane: Int, link: String, direction: Direction, instances: Int, touchesHBM: Bool,
    busy: Int128, causes: [Cause]
  ) {
    self.fabric = fabric
    self.lane = lane
    self.link = link
    self.direction = direction
    self.instances = instances
    self.touchesHBM = touchesHBM
    self.busy = busy
    self.causes = causes
  }

  /// `pcie-4.0-x16 out`; of a lane for both ways the link's name alone.
  public var name: String { direction == .both ? link : "\(link) \(direction.rawValue)" }

  /// What it carried, all causes together.
  public var total: Cause {
    var sum = Cause()
    for cause in causes { sum.add(cause) }
    return sum
  }
}

/// One transfer over a link.
public struct TransferRecord: Sendable, Equatable {
  /// How it ended.
  public enum Outcome: Sendable {
    /// All of it has moved.
    case landed
    /// It was called off.
    case cancelled
    /// The run ended before it did.
    case unfinished
  }

  /// The fabric of its links.
  public var fabric: Int
  /// The lanes that it passes, each once.
  public var lanes: [Int]
  /// Index in `LinkRecord.causeNames`.
  public var cause: Int
  /// The instance whose KV it is.
  public var instance: Int32
  /// What the instance knows it by: the slot of a sequence for swaps and contexts.
  public var tag: Int32
  /// Bytes of one GPU.
  public var bytes: Int64
  /// Copies that one GPU issues.
  public var copies: Int64
  /// When it was sent.
  public var submitted: Instant
  /// When its first byte moved; `.never` when none did.
  public var started: Instant
  /// When it landed or was called off; the run's end when neither happened.
  public var ended: Instant
  /// How it ended.
  public var outcome: Outcome

  /// A transfer; the parameters are the fields.
  public init(
    fabric: Int, lanes: [Int], cause: Int, instance: Int32, tag: Int32, bytes: Int64,
    copies: Int64, submitted: Instant, started: Instant, ended: Instant, outcome: Outcome
  ) {
    self.fabric = fabric
    self.lanes = lanes
    self.cause = cause
    self.instance = instance
    self.tag = tag
    self.bytes = bytes
    self.copies = copies
    self.submitted = submitted
    self.started = started
    self.ended = ended
    self.outcome = outcome
  }
}
