/// What routers know of an instance without asking: changes with membership and with the ends of
/// prompt chunks, never within a leap.
public struct Load: Sendable, Equatable {
  /// Requests queued or running.
  public var requests: Int32 = 0
  /// Those of them that are queued.
  public var waiting: Int32 = 0
  /// Prompt tokens of all of them.
  public var promptTokens: Int64 = 0
  /// Prompt tokens that are not computed: those of unfinished prompts, and of queued requests those
  /// that were not cached here when they came.
  public var pendingPrefill: Int64 = 0
  /// No load.
  public init() {}

  /// A request of `prompt` tokens, `uncached` of them to compute, comes in addition.
  public mutating func add(prompt: Int32, uncached: Int32) {
    requests += 1
    waiting += 1
    promptTokens += Int64(prompt)
    pendingPrefill += Int64(uncached)
  }

  /// Such a request goes.
  public mutating func remove(prompt: Int32, uncached: Int32) {
    requests -= 1
    waiting -= 1
    promptTokens -= Int64(prompt)
    pendingPrefill -= Int64(uncached)
  }
}

extension Instance {
  /// Signals for routers, always current.
  ///
  /// - Complexity: O(unfinished prompts).
  public var load: Load {
    var load = Load()
    load.waiting = Int32(batch.waiting.count)
    load.requests = load.waiting + batch.count + batch.absent
    load.promptTokens = promptTokens
    load.pendingPrefill = batch.pendingPrefill
    return load
  }
}

extension Batch {
  /// Prompt tokens that are not computed.
  var pendingPrefill: Int64 {
    var tokens = waiting.uncached
    for slot in prefilling { tokens += Int64(uncomputedTokens(of: slot)) }
    for slot in returning { tokens += Int64(max(0, uncomputedTokens(of: slot))) }
    return tokens
  }
}
