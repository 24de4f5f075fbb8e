/// How many hashes of prompt blocks rows have for their prompt lengths.
///
/// Two rules are in use: one hash for each block begun (`ceil`; the last block may be partial), or
/// one for each full block (`floor`). A wrong block size breaks both and would silently give
/// prompts of another length.
public struct BlockRule: Sendable, Equatable {
  /// Tokens of a block.
  public private(set) var blockSize: Int
  /// Rows that have hashes.
  public private(set) var rowsWithHashes = 0
  /// Rows with ⌈prompt / block⌉ hashes.
  public private(set) var ceil = 0
  /// Rows with ⌊prompt / block⌋ hashes.
  public private(set) var floor = 0
  /// Rows with ⌈prompt / block⌉ hashes whose last block is partial.
  public private(set) var lastPartial = 0
  /// Rows with fewer than ⌊prompt / block⌋ hashes.
  public private(set) var short = 0
  /// Rows with more than ⌈prompt / block⌉ hashes.
  public private(set) var long = 0
  /// Rows that have a hash twice, which a chain of prefixes cannot.
  public private(set) var rowsWithDuplicates = 0

  /// Rows by the largest power of two that divides their prompt length.
  private var divisors = [Int](repeating: 0, count: 32)
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
    let full = prompt / blockSize
    let begun = (prompt + blockSize - 1) / blockSize
    if hashes == begun {
      ceil += 1
      if full < begun { lastPartial += 1 }
    }
    if hashes == full { floor += 1 }
    if hashes < full { short += 1 }
    if hashes > begun { long += 1 }
    divisors[min(prompt.trailingZeroBitCount, 31)] += 1
    guard prompt > 0 else { return }
    guard hashes > 0 else {
      // Less than one full block; every block begun would have given a hash.
      ceilSizes.narrow(1, 0)
      return floorSizes.narrow(prompt + 1, .max)
    }
    let least = (prompt + hashes - 1) / hashes
    ceilSizes.narrow(least, hashes == 1 ? .max : (prompt - 1) / (hashes - 1))
    floorSizes.narrow(prompt / (hashes + 1) + 1, prompt / hashes)
  }

  /// The same rows at `betterSize`, which they all fit.
  func resized(to size: Int) -> BlockRule {
    var result = self
    result.blockSize = size
    (result.short, result.long) = (0, 0)
    let undivided = (0..<min(size.trailingZeroBitCount, 32)).reduce(0) { $0 + divisors[$1] }
    if ceilSizes.powerOfTwo == size {
      result.ceil = rowsWithHashes
      result.floor = rowsWithHashes - undivided
      result.lastPartial = undivided
    } else {
      result.ceil = rowsWithHashes - undivided
      result.floor = rowsWithHashes
      result.lastPartial = 0
    }
    return result
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
