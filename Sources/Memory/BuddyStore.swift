/// Contiguous KV memory in regions whose sizes are powers of two: a binary buddy allocator.
///
/// A request is rounded up to the next power of two, and a free region is split in halves until it
/// has that size; two free halves of one region merge again. The lowest address is taken first.
/// Rounding is internal fragmentation, free halves that cannot merge are external fragmentation.
///
/// Source: Knuth, The Art of Computer Programming 1, §2.5 (buddy system); Kwon et al., SOSP 2023,
/// §3.1: the Orca baselines reserve contiguous memory from a buddy allocator.
public struct BuddyStore: Sendable {
  /// A region of 2^`order` tokens that starts at token `offset`.
  public struct Region: Sendable, Equatable {
    /// First token.
    public let offset: Int32
    /// Binary logarithm of the size.
    public let order: Int8
    /// Tokens of the region.
    public var tokens: Int32 { 1 << Int32(order) }
  }

  /// Tokens of the pool.
  public let total: Int32
  /// Tokens of all regions handed out.
  public private(set) var used: Int32 = 0
  /// Offsets of free regions by order, descending, so that the lowest is the last.
  private var free: [[Int32]] = Array(repeating: [], count: 31)

  /// A pool of `total` tokens, cut into the largest powers of two that add up to it.
  public init(total: Int32) {
    self.total = total
    var offset: Int32 = 0
    for order in (0..<31).reversed() where total >> Int32(order) & 1 == 1 {
      free[order].append(offset)
      offset += 1 << Int32(order)
    }
  }

  /// The order of the smallest region that holds `tokens`; nil when a pool of 2^30 would not.
  public static func order(for tokens: Int32) -> Int8? {
    guard tokens <= 1 << 30 else { return nil }
    return tokens <= 1 ? 0 : Int8(32 - (tokens - 1).leadingZeroBitCount)
  }

  /// Whether an empty pool of `total` tokens could hold `tokens` contiguously.
  public static func couldHold(_ tokens: Int32, of total: Int32) -> Bool {
    guard let order = order(for: tokens) else { return false }
    return total >= 1 << Int32(order)
  }

  /// A region of at least `tokens`, nil and no trace when no free region is large enough.
  public mutating func take(_ tokens: Int32) -> Region? {
    guard let wanted = Self.order(for: tokens) else { return nil }
    var order = Int(wanted)
    while order < free.count, free[order].isEmpty { order += 1 }
    guard order < free.count, let offset = free[order].popLast() else { return nil }
    while order > wanted {
      order -= 1
      insert(offset + 1 << Int32(order), order)
    }
    used += 1 << Int32(wanted)
    return Region(offset: offset, order: wanted)
  }

  /// Gives a region back and merges it with its buddy while that is free.
  public mutating func give(_ region: Region) {
    used -= region.tokens
    precondition(used >= 0, "a region came back twice")
    var offset = region.offset
    var order = Int(region.order)
    while let index = index(of: offset ^ 1 << Int32(order), order) {
      free[order].remove(at: index)
      offset &= ~(1 << Int32(order))
      order += 1
    }
    insert(offset, order)
  }

  /// The place of `offset` in the free list of `order`, nil when it is not free.
  private func index(of offset: Int32, _ order: Int) -> Int? {
    let place = position(of: offset, order)
    return place < free[order].count && free[order][place] == offset ? place : nil
  }

  private mutating func insert(_ offset: Int32, _ order: Int) {
    free[order].insert(offset, at: position(of: offset, order))
  }

  /// The first place in the descending list whose offset is not above `offset`.
  private func position(of offset: Int32, _ order: Int) -> Int {
    var (low, high) = (0, free[order].count)
    while low < high {
      let middle = (low + high) / 2
      if free[order][middle] > offset { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
