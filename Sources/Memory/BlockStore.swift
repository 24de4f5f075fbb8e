/// KV blocks of one instance, counted: a block that nobody shares needs no name, so a leap takes
/// the blocks of many steps as one number.
///
/// Invariant: `0 ≤ used ≤ total`.
public struct BlockStore: Sendable {
  /// Blocks of the pool.
  public let total: Int32
  /// Blocks that sequences hold.
  public private(set) var used: Int32 = 0

  /// A pool of `total` free blocks.
  public init(total: Int32) { self.total = total }

  /// Blocks that `take` could give.
  public var available: Int32 { total - used }

  /// Takes `count` blocks and leaves `reserve` available; false, and no trace, when short.
  public mutating func take(_ count: Int32, keeping reserve: Int32 = 0) -> Bool {
    guard count + reserve <= available else { return false }
    used += count
    return true
  }

  /// Gives `count` blocks back.
  public mutating func give(_ count: Int32) {
    used -= count
    precondition(used >= 0, "more blocks came back than were taken")
  }
}
