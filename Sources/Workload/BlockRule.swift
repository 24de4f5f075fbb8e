/// How many hashes of prompt blocks rows have for their prompt lengths.
///
/// Two rules are in use: one hash for each block begun (`ceil`; the last block may be partial), or
/// one for each full block (`floor`). A wrong block size breaks both and would silently give
/// prompts of another length.
public struct BlockRule: Sendable, Equatable {
  /// Tokens of a block.
  public let blockSize: Int
  /// Rows that have hashes.
  public private(set) var rowsWithHashes = 0
  /// Rows with ⌈prompt / block⌉ hashes.
  public private(set) var ceil = 0
  /// Rows with ⌊prompt / block⌋ hashes.
  public private(set) var floor = 0
  /// Rows with ⌈prompt / block⌉ hashes whose last block is partial.
  public private(set) var lastPartial = 0
  /// Rows that have a hash twice, which a chain of prefixes cannot.
  public private(set) var rowsWithDuplicates = 0

  private var ceilSizes = SizeRange()
  private var floorSizes = SizeRange()

  /// The block sizes with which all rows so far keep a rule.
  private struct SizeRange: Sendable, Equatable {
    var low = 1
    var high = Int.max
    mutating func narrow(_ low: Int, _ high: Int) {
      self.low = max(self.low, low)
      self.high = min(self.high, high)
    }
    /// The only power of two in the range, nil if there are none or several.
    var powerOfTwo: Int? {
      let powers = (0..<24).map { 1 << $0 }.filter { $0 >= low && $0 <= high }
      return powers.count == 1 ? powers.first : nil
    }
  }

  /// No rows yet.
  init(blockSize: Int) { self.blockSize = blockSize }

  /// Counts a row with `hashes` hashes for `prompt` tokens.
  mutating func add(hashes: Int, prompt: Int, hasDuplicates: Bool) {
    rowsWithHashes += 1
    if hasDuplicates { rowsWithDuplicates += 1 }
    if hashes == (prompt + blockSize - 1) / blockSize {
      ceil += 1
      if prompt % blockSize != 0 { lastPartial += 1 }
    }
    if hashes == prompt / blockSize { floor += 1 }
    guard hashes > 0, prompt > 0 else { return }
    let least = (prompt + hashes - 1) / hashes
    ceilSizes.narrow(least, hashes == 1 ? .max : (prompt - 1) / (hashes - 1))
    floorSizes.narrow(prompt / (hashes + 1) + 1, prompt / hashes)
  }

  /// Whether the file goes by the ceil rule; ties go to it.
  public var isCeil: Bool { ceil >= floor }
  /// Rows that break the rule that the file goes by.
  public var violations: Int { rowsWithHashes - max(ceil, floor) }
  /// The block size that all rows fit, if it is not `blockSize` and only one can be meant.
  public var betterSize: Int? {
    guard violations > 0 else { return nil }
    return ceilSizes.powerOfTwo ?? floorSizes.powerOfTwo
  }
}
