internal import DequeModule
public import Units

/// A request in the queue of an instance, with what a real engine knows of it.
public struct Waiting: Sendable {
  /// Its row in the request table.
  public let request: RequestID
  /// Tokens to prefill: the prompt and, after a preemption, what was generated.
  public let tokens: Int32
  /// Output tokens it has, all of them from before its last preemption.
  public let generated: Int32
  /// Tokens of its prompt.
  var prompt: Int32 { tokens - generated }
  /// Output tokens it will have had in the end; no policy sees it.
  let output: Int32
  /// The session that it is a turn of, −1 without; turns leave contexts for those that follow.
  var session: Int32 = -1
  /// Who sent it: the session that it belongs to; without sessions everybody is alone.
  public internal(set) var user: Int32 = -1
  /// Tokens, the first ones, that the next turn's prompt repeats.
  var repeated = Int32.max
  /// The group of requests that begin alike which it is in; −1: none.
  var group: Int32 = -1
  /// Whether it is in a group of requests that begin alike.
  public var isGrouped: Bool { group >= 0 }
  /// Whether its gaps between tokens are recorded.
  var isMeasured = true
  var lastToken = Instant.never
  var longestGap: Int64 = 0
  /// When it was preempted; `.never` for a request that never ran.
  var preemptedAt = Instant.never
  /// Tokens that it had stored then.
  var lost: Int32 = 0
  /// What is known of its KV when another instance has it; nil: it has none.
  var elsewhere: Handover?
  /// Tokens to compute as far as could be told when it came.
  var uncached: Int32

  /// A request as it waits; the parameters are the fields.
  init(request: RequestID, tokens: Int32, generated: Int32, output: Int32) {
    self.request = request
    self.tokens = tokens
    self.generated = generated
    self.output = output
    uncached = tokens
  }

  /// Tokens whose KV is stored when its last token is made.
  var finalTokens: Int32 { tokens + output - generated - 1 }
}

/// Requests of an instance that hold no KV: preempted ones first, then by arrival.
public struct WaitingQueue: Sendable {
  private var queue = Deque<Waiting>()
  /// Sum of tokens to prefill.
  public private(set) var tokens: Int64 = 0
  /// Sum of those of them that were not cached when their requests came.
  private(set) var uncached: Int64 = 0

  /// Number of requests.
  public var count: Int { queue.count }
  /// Whether no request waits.
  public var isEmpty: Bool { queue.isEmpty }
  /// The request that is served next.
  public var first: Waiting? { queue.first }
  /// The request with `index` others before it.
  public subscript(index: Int) -> Waiting { queue[index] }

  mutating func append(_ entry: Waiting) {
    queue.append(entry)
    tokens += Int64(entry.tokens)
    uncached += Int64(entry.uncached)
  }
  mutating func pushFront(_ entry: Waiting) {
    queue.prepend(entry)
    tokens += Int64(entry.tokens)
    uncached += Int64(entry.uncached)
  }
  /// Puts `entries`, which are the requests from `start` on, into their order.
  mutating func replace(from start: Int, by entries: [Waiting]) {
    queue.replaceSubrange(start..., with: entries)
  }
  /// Takes out the request with `index` others before it; O(1) at either end.
  mutating func remove(at index: Int) {
    let entry = index == 0 ? queue.removeFirst() : queue.remove(at: index)
    tokens -= Int64(entry.tokens)
    uncached -= Int64(entry.uncached)
  }
}
