/// Which requests are turns of one session: a tree of requests for each session.
///
/// 20 bytes a request, and one for each mark that some have. A request without a session is a
/// session of its own.
public struct SessionTurns: Sendable, Equatable {
  /// The session of each request, dense, by first appearance.
  public private(set) var session: [Int32] = []
  /// Its turn in the session, from 1; what several turns follow is a fork.
  public private(set) var turn: [Int32] = []
  /// The row of the turn that it follows, −1 for the first of a session.
  public private(set) var parent: [Int32] = []
  /// Picoseconds from the last token of that turn to this request: think time, or a tool's run
  /// time; −1 if it is not known.
  public private(set) var delay: [Int64] = []
  private var untimed = RowFlags()
  private var lost = RowFlags()

  /// No requests.
  public init() {}

  /// Number of requests.
  public var count: Int { session.count }

  /// Adds a request; `parent` is a row, −1 for a first turn.
  ///
  /// It `isUntimed` if its arrival was not recorded; a turn that `losesOutput` has an answer that
  /// turns after it do not repeat.
  public mutating func append(
    session: Int32, turn: Int32, parent: Int32, delay: Int64, isUntimed: Bool = false,
    losesOutput: Bool = false
  ) {
    untimed.append(isUntimed, row: count)
    lost.append(losesOutput, row: count)
    self.session.append(session)
    self.turn.append(turn)
    self.parent.append(parent)
    self.delay.append(delay)
  }

  /// Whether the request in `row` was recorded by its delay alone: its arrival is as if the turn
  /// before had taken no time.
  public func isUntimed(_ row: Int) -> Bool { untimed[row] }

  /// Whether there are such requests.
  public var hasUntimed: Bool { !untimed.isEmpty }

  /// Takes the arrivals of such requests as if they were recorded.
  public mutating func acceptArrivals() { untimed = RowFlags() }

  /// Whether turns after the one in `row` do not repeat its answer, as where thoughts are dropped.
  public func losesOutput(_ row: Int) -> Bool { lost[row] }

  /// Whether there are such turns.
  public var hasLostOutputs: Bool { !lost.isEmpty }

  /// Number of sessions.
  public var sessions: Int64 { Int64(session.max() ?? -1) + 1 }

  /// Turns that follow another.
  public var followUps: Int64 { Int64(parent.count { $0 >= 0 }) }

  /// Turns that follow another after a delay that is not known.
  public var unknownDelays: Int {
    parent.indices.reduce(0) { parent[$1] >= 0 && delay[$1] < 0 ? $0 + 1 : $0 }
  }

  /// Gives every turn that follows another and has no delay what `draw` answers, row by row.
  public mutating func fillDelays(_ draw: () -> Int64) {
    for row in parent.indices where parent[row] >= 0 && delay[row] < 0 { delay[row] = draw() }
  }

  /// Keeps the first `count` requests.
  mutating func truncate(to count: Int) {
    guard count < self.count else { return }
    let surplus = self.count - count
    session.removeLast(surplus)
    turn.removeLast(surplus)
    parent.removeLast(surplus)
    delay.removeLast(surplus)
    untimed.truncate(to: count)
    lost.truncate(to: count)
    for row in parent.indices where parent[row] >= Int32(count) { parent[row] = -1 }
  }

  /// Puts request `order[i]` at place i; parents follow, sessions count by first appearance again.
  mutating func permute(_ order: [Int]) {
    var place = [Int32](repeating: -1, count: order.count)
    for (new, old) in order.enumerated() { place[old] = Int32(new) }
    var numbers = [Int32](repeating: -1, count: order.count)
    var next: Int32 = 0
    session = order.map { row in
      let old = Int(session[row])
      if numbers[old] < 0 {
        numbers[old] = next
        next += 1
      }
      return numbers[old]
    }
    turn = order.map { turn[$0] }
    parent = order.map { parent[$0] < 0 ? -1 : place[Int(parent[$0])] }
    delay = order.map { delay[$0] }
    untimed.permute(order)
    lost.permute(order)
  }
}
