public import Units

/// All requests of a run and what happened to them, one column per field.
///
/// A row is a request in order of arrival; while sessions are closed, which order that is turns out
/// in the run, and rows take it afterwards. The first columns are what a trace says; the others are
/// written by the run, once each, at the moment they become true. About 97 bytes a request.
public struct RequestTable: Sendable {
  /// When a request reaches the router, ascending; `.never` if a closed loop has yet to release it,
  /// or the turn that it follows has yet to end.
  public private(set) var arrival: [Instant] = []
  /// Prompt tokens.
  public private(set) var prompt: [Int32] = []
  /// Output tokens; hidden from policies.
  public private(set) var output: [Int32] = []
  /// Most requests in flight of a closed loop; nil is an open loop, which knows every arrival.
  public private(set) var concurrency: Int?
  /// Whether a turn arrives when the turn that it follows has ended and its delay has passed, and
  /// not as recorded.
  public private(set) var closesSessions = false
  /// The row that arrives first.
  private(set) var first = 0
  /// How many arrived before each row, `Int32.max` of one that has not; empty when rows are in
  /// order of arrival.
  private(set) var ranks: [Int32] = []
  /// The requests that are not measured.
  public var warmup = Warmup.none
  /// Which prompts begin alike; nil if that is not known.
  public var chains: PromptChains?
  /// Which requests are turns of one session; nil without sessions.
  public var turns: SessionTurns?
  /// Whether turns were recorded by their delays alone: as if those before had taken no time.
  public var hasUntimedTurns: Bool { turns?.hasUntimed ?? false }

  /// When the request was first put into a batch; `.never` until then.
  public var firstScheduled: [Instant] = []
  /// When its first output token ended; `.never` until then, kept through preemptions.
  public var firstToken: [Instant] = []
  /// When its last token ended; `.never` until then.
  public var finished: [Instant] = []
  /// Its longest gap between two neighbouring tokens, in picoseconds; 0 until it finishes.
  public var longestGap: [Int64] = []
  /// Time between preemptions and the re-admissions that followed, in picoseconds.
  public var preemptedTime: [Int64] = []
  /// The instance that served it; −1 until routed.
  public var instance: [Int32] = []
  /// The instance that decoded it when another one had computed its prompt; −1 when none did.
  public var decodeInstance: [Int32] = []
  /// Times it was preempted.
  public var preemptions: [Int32] = []
  /// Tokens computed a second time because of preemptions.
  public var recomputed: [Int32] = []
  /// Prompt tokens that it found in the prefix cache when it was first put into a batch.
  public var cached: [Int32] = []
  /// Whether it was refused because it could never be served.
  public var isRejected: [Bool] = []
  /// Times it went from one instance's queue to another's.
  public var migrations: [Int32] = []
  /// Times it was sent again after a failure.
  public var retries: [Int32] = []
  /// Whether failures hit it once too often.
  public var isFailed: [Bool] = []

  /// An empty table.
  public init() {}

  /// Number of requests.
  public var count: Int { arrival.count }

  /// Makes room for `count` requests.
  public mutating func reserve(_ count: Int) {
    arrival.reserveCapacity(count)
    prompt.reserveCapacity(count)
    output.reserveCapacity(count)
  }

  /// Adds a request as a trace has it; arrivals must not go backwards, and `.never` is that of a
  /// turn which only the run can know.
  public mutating func append(at time: Instant, prompt tokens: Int32, output generated: Int32) {
    arrival.append(time)
    prompt.append(tokens)
    output.append(generated)
  }

  /// Replaces the arrival column, keeping the order of rows.
  ///
  /// - Precondition: `times` has `count` ascending entries.
  public mutating func reschedule(_ times: [Instant]) {
    precondition(times.count == count, "one time a request")
    arrival = times
  }

  /// Makes it a closed loop: the first `concurrency` requests arrive at 0, every other one when
  /// the run releases it.
  ///
  /// - Precondition: `concurrency` is above 0.
  public mutating func close(at concurrency: Int) {
    precondition(concurrency > 0, "a closed loop has somebody in it")
    self.concurrency = concurrency
    arrival = Array(repeating: .never, count: count)
    for row in 0..<min(concurrency, count) { arrival[row] = .zero }
  }

  /// Lets every turn that follows another arrive after that one has ended and its delay has
  /// passed; first turns keep their arrivals.
  ///
  /// - Precondition: it is no closed loop, its delays are known, and first turns ascend.
  public mutating func closeSessions() {
    guard let turns else { return }
    precondition(concurrency == nil, "a closed loop releases requests by itself")
    closesSessions = true
    var last = Instant.zero
    for row in 0..<count {
      if turns.parent[row] >= 0 {
        precondition(turns.delay[row] >= 0, "a turn has a delay")
        arrival[row] = .never
      } else {
        precondition(last <= arrival[row] && arrival[row] < .never, "first turns have arrivals")
        last = arrival[row]
      }
    }
    first = arrival.firstIndex { $0 != .never } ?? 0
  }

  /// Lets the request in `row` arrive at `time`, as number `rank` of all, in closed sessions.
  public mutating func arrive(_ row: Int, at time: Instant, rank: Int) {
    arrival[row] = time
    ranks[row] = Int32(rank)
  }

  /// Puts rows into the order of their arrivals after a run with closed sessions; those that never
  /// arrived come last.
  mutating func sortByRank() {
    guard !ranks.isEmpty else { return }
    let order = arrival.indices.sorted {
      (ranks[$0], arrival[$0], $0) < (ranks[$1], arrival[$1], $1)
    }
    permute(order)
    ranks = []
    first = 0
  }

  /// Whether the request in `row` ended without an answer.
  public func isUnserved(_ row: Int) -> Bool { isRejected[row] || isFailed[row] }

  /// Forgets what an attempt to serve the request in `row` has come to; what it cost stays.
  public mutating func forgetAttempt(_ row: Int) {
    firstScheduled[row] = .never
    firstToken[row] = .never
    preemptedTime[row] = 0
    cached[row] = 0
    decodeInstance[row] = -1
  }

  /// How many requests arrived before the one in `row`, which is its number in every result.
  public func number(of row: Int) -> Int { ranks.isEmpty ? row : Int(ranks[row]) }

  /// Lets the first request without an arrival arrive at `time`.
  public mutating func release(_ row: Int, at time: Instant) {
    precondition(row > 0 && arrival[row] == .never && arrival[row - 1] <= time)
    arrival[row] = time
  }

  /// Requests whose arrival is known: the first so many rows.
  ///
  /// - Complexity: O(log n).
  public var released: Int {
    guard arrival.last == .never else { return count }
    var (low, high) = (0, count - 1)
    while low < high {
      let middle = (low + high) / 2
      if arrival[middle] == .never { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Keeps the first `count` requests.
  public mutating func truncate(to count: Int) {
    guard count < self.count else { return }
    arrival.removeLast(self.count - count)
    prompt.removeLast(prompt.count - count)
    output.removeLast(output.count - count)
    chains?.truncate(to: count)
    turns?.truncate(to: count)
  }

  /// Cuts prompts of more than `tokens` tokens, and their blocks, off; answers how many those are.
  public mutating func cutPrompts(at tokens: Int32) -> Int {
    var count = 0
    for row in prompt.indices where prompt[row] > tokens {
      prompt[row] = tokens
      count += 1
    }
    if count > 0 { chains?.cut(at: tokens) }
    return count
  }

  /// Sorts rows by arrival; rows with equal arrivals keep their order.
  public mutating func sortByArrival() {
    let order = arrival.indices.sorted {
      arrival[$0] != arrival[$1] ? arrival[$0] < arrival[$1] : $0 < $1
    }
    permute(order)
  }

  /// Puts request `order[i]` at place i: every column there is.
  private mutating func permute(_ order: [Int]) {
    func permute<Value>(_ column: inout [Value]) {
      if !column.isEmpty { column = order.map { column[$0] } }
    }
    permute(&arrival)
    permute(&prompt)
    permute(&output)
    chains?.permute(order)
    turns?.permute(order)
    permute(&firstScheduled)
    permute(&firstToken)
    permute(&finished)
    permute(&longestGap)
    permute(&preemptedTime)
    permute(&instance)
    permute(&decodeInstance)
    permute(&preemptions)
    permute(&recomputed)
    permute(&cached)
    permute(&isRejected)
    permute(&migrations)
    permute(&retries)
    permute(&isFailed)
  }

  /// Clears every column that a run writes, and the arrivals that a closed loop releases.
  public mutating func prepareRun() {
    if let concurrency { close(at: concurrency) }
    if closesSessions {
      closeSessions()
      ranks = Array(repeating: .max, count: count)
    }
    firstScheduled = Array(repeating: .never, count: count)
    firstToken = Array(repeating: .never, count: count)
    finished = Array(repeating: .never, count: count)
    longestGap = Array(repeating: 0, count: count)
    preemptedTime = Array(repeating: 0, count: count)
    instance = Array(repeating: -1, count: count)
    decodeInstance = instance
    preemptions = Array(repeating: 0, count: count)
    recomputed = Array(repeating: 0, count: count)
    cached = Array(repeating: 0, count: count)
    isRejected = Array(repeating: false, count: count)
    migrations = Array(repeating: 0, count: count)
    retries = Array(repeating: 0, count: count)
    isFailed = Array(repeating: false, count: count)
  }
}
