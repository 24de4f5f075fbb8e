internal import Memory

/// The KV memory of an instance as it is without any sequence: it says what could ever run there.
///
/// A value of its own, small enough to be handed over for every request.
public struct EmptyPool: Sendable {
  /// Blocks of the pool.
  public let totalBlocks: Int32
  /// Tokens of a KV block, a power of two.
  public let tokensPerBlock: Int32
  /// Most tokens of prompt and output together.
  public let maxModelLength: Int32

  /// Tokens that contiguous regions share.
  var tokens: Int32 { Int32(min(Int64(totalBlocks) * Int64(tokensPerBlock), 1 << 30)) }

  /// Blocks that hold `tokens`.
  public func blocks(for tokens: Int32) -> Int32 { (tokens + tokensPerBlock - 1) / tokensPerBlock }

  /// Whether it could run `request` to its end with `reserve` blocks to spare.
  public func couldHold(_ request: Waiting, keeping reserve: Int32 = 0) -> Bool {
    blocks(for: max(request.finalTokens, request.tokens)) + reserve <= totalBlocks
  }

  /// Whether it has a region of the size that `reservation` asks for.
  public func couldHold(_ request: Waiting, reserving reservation: Reservation) -> Bool {
    let length = length(reservation, for: request)
    return length >= request.tokens + request.output - request.generated
      && BuddyStore.couldHold(length, of: tokens)
  }

  /// Tokens that `reservation` asks for.
  func length(_ reservation: Reservation, for entry: Waiting) -> Int32 {
    let output = entry.output - entry.generated
    switch reservation {
    case .tokens(let tokens): return tokens
    case .exactOutput: return entry.tokens + output
    case .outputPowerOfTwo:
      // No sequence outgrows the model, so no engine reserves beyond its length.
      let power = Int32(1) << Int32(BuddyStore.order(for: output) ?? 30)
      return entry.tokens + min(power, max(output, maxModelLength - entry.tokens))
    }
  }
}
