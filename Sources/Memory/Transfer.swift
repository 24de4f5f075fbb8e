public import Units

/// Why KV travels between HBM and a tier under it, or another instance.
public enum TransferCause: String, Sendable, CaseIterable {
  /// A running request makes room and keeps its KV.
  case swapOut = "swap-out"
  /// Its KV comes back.
  case swapIn = "swap-in"
  /// A finished turn's KV is kept for the next turn.
  case contextOut = "context-out"
  /// The next turn's context comes back.
  case contextIn = "context-in"
  /// Cached blocks are copied to a lower tier.
  case store
  /// Cached blocks come back from a lower tier.
  case load
  /// Cached blocks of a waiting request move up to the nearest tier, from which it loads them.
  case prefetch
  /// Cached blocks move down between lower tiers to make room, or are copied there.
  case demote
  /// The KV of a prompt goes from the instance that computed it to the one that decodes.
  case handover

  /// Whether no request waits for it: what it moves counts as there from the start.
  public var isUnawaited: Bool { self == .store || self == .demote }

  /// Place in `allCases`.
  public var index: Int {
    switch self {
    case .swapOut: 0
    case .swapIn: 1
    case .contextOut: 2
    case .contextIn: 3
    case .store: 4
    case .load: 5
    case .prefetch: 6
    case .demote: 7
    case .handover: 8
    }
  }
}

/// KV on its way between HBM and a tier under it, or another instance.
public struct Transfer: Sendable, Equatable {
  /// Why.
  public var cause: TransferCause
  /// What its instance knows it by; unique among the instance's transfers in flight.
  public var tag: Int32
  /// The tier under HBM, the nearest is 0.
  public var tier: Int32
  /// Whether it leaves HBM.
  public var isOut: Bool
  /// KV blocks.
  public var blocks: Int32
  /// Bytes on the link of one GPU; the GPUs of an instance copy their parts side by side.
  public var bytes: Int64
  /// Copies issued for it by one GPU, each of which costs its own time.
  public var copies: Int64
  /// The instance; set by whoever submits it.
  public var instance: Int32 = -1
  /// For how long it has moved alone before it was sent, without a trace on its lanes.
  public var ahead = Seconds(0)
  /// Share of its time on idle lanes that is left whatever `ahead` says.
  public var leastLeft = 0.0

  /// A transfer; the parameters are the fields.
  public init(
    _ cause: TransferCause, tag: Int32, tier: Int32 = 0, isOut: Bool, blocks: Int32, bytes: Int64,
    copies: Int64
  ) {
    self.cause = cause
    self.tag = tag
    self.tier = tier
    self.isOut = isOut
    self.blocks = blocks
    self.bytes = bytes
    self.copies = copies
  }
}
