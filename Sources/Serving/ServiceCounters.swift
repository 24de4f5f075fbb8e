/// What a token of service weighs.
public struct ServiceWeights: Sendable, Equatable {
  /// A prompt token.
  public var input: Double
  /// An output token.
  public var output: Double
  /// Weights; the published ones are 1 and 2.
  public init(input: Double = 1, output: Double = 2) {
    self.input = input
    self.output = output
  }
}

/// Virtual token counters: how much each user was served, weighted, and lifts for time away.
///
/// A prompt counts when its request is first admitted, an output token when it is made; whatever is
/// computed again counts once. A user who had nothing in the queue and sends a request is lifted to
/// the least counter of those who have, or, when nobody has, to that of whoever had last. Decodes
/// count by the clock, so a step changes nothing here: O(1) an admission, a join and a leave.
///
/// Source: Sheng et al., "Fairness in Serving Large Language Models", OSDI 2024, algorithm 2.
struct ServiceCounters: Sendable {
  private struct User: Sendable {
    var lift = 0.0
    var input: Int64 = 0
    /// Output tokens but for those since each decode joined.
    var output: Int64 = 0
    var decodes: Int32 = 0
    /// Decode clocks at which they joined, added up.
    var joined: Int64 = 0
    /// Requests in the queue.
    var waiting: Int32 = 0
  }

  let weights: ServiceWeights
  private var users: [User] = []
  /// Who last had a request in the queue.
  private var last: Int32?

  init(_ weights: ServiceWeights) { self.weights = weights }

  private mutating func reach(_ user: Int32) {
    if Int(user) >= users.count {
      users += Array(repeating: User(), count: max(Int(user) + 1 - users.count, users.count / 2))
    }
  }

  /// The counter of `user` at decode clock `clock`.
  func counter(of user: Int32, clock: Int) -> Double {
    guard Int(user) < users.count else { return 0 }
    let u = users[Int(user)]
    let output = u.output + Int64(u.decodes) * Int64(clock) - u.joined
    return u.lift + weights.input * Double(u.input) + weights.output * Double(output)
  }

  /// Requests of `user` that decode.
  func decodes(of user: Int32) -> Int32 {
    Int(user) < users.count ? users[Int(user)].decodes : 0
  }

  /// A request of `user` joins `queue`, in which it is not yet.
  mutating func arrive(_ user: Int32, behind queue: WaitingQueue, clock: Int) {
    reach(user)
    defer { users[Int(user)].waiting += 1 }
    guard users[Int(user)].waiting == 0 else { return }
    var least = last.map { counter(of: $0, clock: clock) } ?? 0
    for i in 0..<queue.count {
      let other = counter(of: queue[i].user, clock: clock)
      least = i == 0 ? other : min(least, other)
    }
    let own = counter(of: user, clock: clock)
    if own < least { users[Int(user)].lift += least - own }
  }

  /// A request of `user` leaves the queue; `tokens`: its prompt, if it is admitted first.
  mutating func admit(_ user: Int32, tokens: Int32) {
    users[Int(user)].waiting -= 1
    users[Int(user)].input += Int64(tokens)
    last = user
  }

  /// A preempted request of `user` is in the queue again.
  mutating func returnToQueue(_ user: Int32) { users[Int(user)].waiting += 1 }

  /// A prompt of `user` is complete and has made a token.
  mutating func makeToken(_ user: Int32) { users[Int(user)].output += 1 }

  /// A request of `user` decodes from now on.
  mutating func join(_ user: Int32, clock: Int) {
    users[Int(user)].decodes += 1
    users[Int(user)].joined += Int64(clock)
  }

  /// A request of `user`, which joined at `joined`, decodes no more.
  mutating func leave(_ user: Int32, joined: Int, clock: Int) {
    users[Int(user)].decodes -= 1
    users[Int(user)].joined -= Int64(joined)
    users[Int(user)].output += Int64(clock - joined)
  }
}

extension Batch {
  /// Counts the service of users from now on, if a scheduler asks for it.
  mutating func countService(_ weights: ServiceWeights?) {
    service = weights.map { ServiceCounters($0) }
  }

  /// Puts a request that has just arrived into the queue.
  mutating func arrive(_ entry: Waiting) {
    service?.arrive(entry.user, behind: waiting, clock: clock)
    waiting.append(entry)
  }

  /// A request leaves the queue for the batch: its prompt counts if it never did before.
  mutating func noteLeavingQueue(_ entry: Waiting) {
    service?.admit(entry.user, tokens: entry.generated == 0 ? entry.tokens : 0)
  }

  /// The virtual token counter of `user` at this boundary; 0 unless the scheduler has
  /// `serviceWeights`.
  public func serviceCounter(of user: Int32) -> Double {
    service?.counter(of: user, clock: clock) ?? 0
  }

  /// By how much the counter of `user` grows with each decode step.
  public func serviceGrowth(of user: Int32) -> Double {
    guard let service else { return 0 }
    return service.weights.output * Double(service.decodes(of: user))
  }
}
