internal import Memory
internal import Units

/// Index of a sequence in one batch.
public typealias Slot = Int32

/// A sequence in the batch: one row, no references.
struct Sequence: Sendable {
  enum Phase: Sendable {
    case gone
    case prefilling
    case decoding
    /// On its way out of HBM.
    case leaving
    /// On the host.
    case away
    /// On its way back, or here from another instance.
    case returning
    /// Its prompt is complete, and its KV waits for another instance to fetch it.
    case kept
  }
  var phase = Phase.prefilling
  let entry: Waiting
  /// Admissions before its own: the running order.
  var order = 0
  /// KV tokens computed and tokens generated when it last joined the decodes.
  var stored: Int32 = 0
  var generated: Int32
  /// The decode clock when it joined, and when it finishes (−1 while it does not decode).
  var joined = 0
  var finishes = -1
  /// Blocks held while it does not decode; decoding, they follow from its length.
  var blocks: Int32 = 0
  /// Those of them, the first ones, that are in the prefix cache.
  var cached: Int32 = 0
  /// Those of them, the first ones, that it shares with whoever else holds them.
  var common: Int32 = 0
  /// Blocks at which it counts as a reader while it decodes.
  var reads: Int32 = 0
  /// Its contiguous memory, nil when it is paged.
  var region: BuddyStore.Region?
  /// What the host has of it.
  var host = HostCopy()
  /// When it was admitted, or had been loaded.
  var began = Instant.never
  /// When it left for the host, until it runs again.
  var preemptedAt = Instant.never
  /// Whether the context that it continues is on its way back.
  var isRecalled = false
  /// Whether it has finished and only its KV is on its way to the host.
  var isOver = false
  /// The mark of the context that it leaves there.
  var stamp = 0
  /// The decode clock at which its groups are full; −1 without groups.
  var fills = -1
  var previous: Slot = -1
  var next: Slot = -1
  var lastToken: Instant
  var longestGap: Int64

  init(_ entry: Waiting) {
    self.entry = entry
    generated = entry.generated
    lastToken = entry.lastToken
    longestGap = entry.longestGap
  }

  /// Its length when the decode clock is `clock`.
  @inline(__always)
  func length(at clock: Int) -> Int32 {
    stored + (phase == .decoding ? Int32(clock - joined) : 0)
  }

  /// Blocks of `size` tokens that it holds when the decode clock is `clock`.
  @inline(__always)
  func blocksHeld(at clock: Int, of size: Int32) -> Int32 {
    if region != nil { return 0 }
    return phase == .decoding ? (length(at: clock) + size - 1) / size : blocks
  }
}
