public import Catalog
public import Files
public import Memory
public import Units

/// The tiers under HBM as written; what is nil follows from the catalogue.
public struct MemoryConfig: Sendable {
  /// Who goes first on a link.
  public var sharing: Located<Sharing>
  /// At least one tier, nearest first.
  public var tiers: [TierConfig]
}

/// One tier under HBM.
public struct TierConfig: Sendable {
  /// Whether a link carries both ways at once.
  public enum Duplex: String, Sendable, CaseIterable {
    /// It does.
    case full
    /// One way at a time.
    case half
  }
  /// How bytes pass between flash and HBM.
  public enum FlashPath: String, Sendable, CaseIterable {
    /// Through memory of the host: one link after the other.
    case bounce
    /// Straight, both links at once.
    case gpudirect
  }

  /// Which tier.
  public var level: TierLevel
  /// KV that it holds for each instance.
  public var capacity: Located<Bytes>
  /// The GPU's link to it.
  public var host: HostLinkConfig
  /// What the tier is made of, by its name in the catalogue; DRAM has none.
  public var device: Located<String>?
  /// Rate towards HBM; of DRAM that of the GPU's link, of CXL that of one card.
  public var read: Located<BytesPerSecond>?
  /// Rate away from HBM; the same as `read` but for SSD.
  public var write: Located<BytesPerSecond>?
  /// Time until the first byte moves.
  public var latency: Located<Seconds>?
  /// CXL cards that blocks are interleaved over.
  public var cards: Located<Int>?
  /// Copies that an SSD works on at a time.
  public var queueDepth: Located<Int>?
  /// How an SSD's bytes come to HBM.
  public var path: Located<FlashPath>?
  /// Instances that share a network link; nil is all.
  public var instancesPerLink: Located<Int>?
  /// Whether all instances have the one of remote memory in common, with that capacity; nil: each
  /// has its own.
  public var isShared: Located<Bool>?
}

/// The link between a GPU and its host; the nearest tier that takes it describes it.
public struct HostLinkConfig: Sendable {
  /// Its name in the catalogue; nil is that of the tier before, else the GPU's.
  public var link: Located<String>?
  /// How KV is copied; nil is memcpy.
  public var copy: Located<CopyMethod>?
  /// Time of each copy besides its bytes; nil is that of `copy`.
  public var copyTime: Located<Seconds>?
  /// Whether it carries both ways at once; nil is full.
  public var duplex: Located<TierConfig.Duplex>?
  /// GPUs that share one; nil is 1.
  public var gpusPerLink: Located<Int>?
}

/// What becomes of a request that loses its memory.
public struct PreemptionConfig: Sendable {
  /// Kinds of preemption.
  public enum Kind: String, Sendable, CaseIterable {
    /// Its KV is dropped and computed again.
    case recompute
    /// Its KV waits in the tier under HBM.
    case swap
  }
  /// What one copy moves.
  public enum Granularity: String, Sendable, CaseIterable {
    /// A block of one layer's keys or values.
    case block
    /// All blocks of one layer's keys or values.
    case layer
    /// The whole of a sequence.
    case sequence
  }
  /// What a step does while copies run.
  public enum Overlap: String, Sendable, CaseIterable {
    /// It waits for them.
    case none
    /// It goes on.
    case async
  }

  /// Which kind.
  public var name: Located<Kind>
  /// Of a swap.
  public var granularity: Located<Granularity>
  /// Of a swap.
  public var overlap: Located<Overlap>
}
