internal import Metrics
internal import Units

/// Finds out which rows are turns of one session, from what the rows say of themselves.
struct SessionBuilder: Sendable {
  /// Why a row does not follow the turn that it names.
  enum Break: Int, CaseIterable {
    /// That turn is not in the file, or was dropped.
    case unknown
    /// It is the row itself.
    case itself
    /// It arrives later.
    case later
    /// It follows the row, by way of others.
    case cycle

    /// The reason in words.
    var description: String {
      switch self {
      case .unknown: "the turn before is not in the file or was dropped"
      case .itself: "a turn follows itself"
      case .later: "the turn before arrives later"
      case .cycle: "turns follow each other in a circle"
      }
    }
  }

  /// Rows with one fault, and the line of the first.
  struct Count: Sendable {
    private(set) var rows = 0
    private(set) var firstLine = 0
    mutating func add(_ line: Int32) {
      if rows == 0 || line < firstLine { firstLine = Int(line) }
      rows += 1
    }
  }

  /// A row that names no turn before it, and one that says that there is none.
  private static let none = Int64.min
  private static let first = Int64.min + 1
  /// Rows kept; the columns are empty until a row has something for them.
  private var count = 0
  private var session: [Int32] = []
  private var delay: [Int64] = []
  private var parent: [Int64] = []
  private var recordedTurn: [Int32] = []
  private var untimed: [Bool] = []
  private var lost: [Bool] = []
  private var lines: [Int32] = []
  /// Sessions by name, rows by id: only looked up.
  private var sessions: [String: Int32] = [:]
  private var rowOf: [Int64: Int32] = [:]
  /// The last row of each session.
  private var last: [Int32] = []
  /// Rows that name a session or a parent.
  private(set) var rowsWithSession = 0
  /// Rows with an id that a row above has.
  private(set) var repeatedIDs = Count()
  /// Rows that do not follow the turn that they name, by `Break`.
  private(set) var breaks = [Count](repeating: Count(), count: Break.allCases.count)
  /// Rows whose turn is not that of their parent + 1.
  private(set) var wrongTurns = Count()

  /// Notes a kept row, which stands at `line`.
  mutating func add(_ row: TraceRow, line: Int) {
    let number = Int32(count)
    count += 1
    let isSilent =
      row.session == nil && row.id == nil && row.parent == nil && row.delay == nil
      && row.turn == nil && !row.losesOutput
    if isSilent, lines.isEmpty { return }
    Self.set(Int32(truncatingIfNeeded: line), in: &lines, count, else: 0)
    if let name = row.session {
      let known = sessions[name] ?? Int32(last.count)
      if known == last.count {
        sessions[name] = known
        last.append(-1)
      }
      Self.set(known, in: &session, count, else: -1)
      last[Int(known)] = number
      if row.isFirstTurn, row.parent == nil {
        Self.set(Self.first, in: &parent, count, else: Self.none)
      }
    }
    if let own = row.delay { Self.set(own, in: &delay, count, else: -1) }
    if let named = row.parent { Self.set(named, in: &parent, count, else: Self.none) }
    if row.time == nil { Self.set(true, in: &untimed, count, else: false) }
    if row.losesOutput { Self.set(true, in: &lost, count, else: false) }
    if let turn = row.turn { Self.set(turn, in: &recordedTurn, count, else: -1) }
    if let id = row.id {
      if rowOf[id] == nil { rowOf[id] = number } else { repeatedIDs.add(lines[Int(number)]) }
    }
    if row.session != nil || row.parent != nil { rowsWithSession += 1 }
  }

  /// The row above that `row` names as the one before it, nil if it names none.
  func rowBefore(_ row: TraceRow) -> Int? {
    if let parent = row.parent { return rowOf[parent].map { Int($0) } }
    return row.session.flatMap { sessions[$0] }.map { Int(last[Int($0)]) }
  }

  /// Makes `column` as long as `count` rows, whose last has `value`.
  private static func set<Value>(
    _ value: Value, in column: inout [Value], _ count: Int, else nothing: Value
  ) {
    for _ in column.count..<(count - 1) { column.append(nothing) }
    column.append(value)
  }

  /// The sessions in the order in which rows were added; nil if no row named one.
  ///
  /// Without a parent by id, a row follows the one of its session that arrives before it.
  mutating func turns(_ arrival: [Instant]) -> SessionTurns? {
    guard rowsWithSession > 0 else { return nil }
    Self.pad(&session, count, -1)
    var (parents, order) = self.parents(arrival)
    if !parent.isEmpty { order = breakCycles(&parents) }
    checkTurns(parents)
    var turn = [Int32](repeating: 1, count: count)
    for row in order where parents[row] >= 0 {
      let parent = Int(parents[row])
      turn[row] = turn[parent] + 1
      if session[row] == -1 {
        // A tree without a name: its root's row stands for it until sessions are numbered.
        if session[parent] == -1 { session[parent] = Int32.min + Int32(parent) }
        session[row] = session[parent]
      }
    }
    return numbered(parents, turn)
  }

  private func numbered(_ parents: [Int32], _ turn: [Int32]) -> SessionTurns {
    var result = SessionTurns()
    // Numbers of sessions by name, and of trees by the row that stands for them.
    var named = [Int32](repeating: -1, count: last.count)
    var rooted = [Int32](repeating: -1, count: parent.isEmpty ? 0 : count)
    var next: Int32 = 0
    for row in 0..<count {
      var number = next
      if session[row] >= 0 {
        number = named[Int(session[row])] < 0 ? next : named[Int(session[row])]
        named[Int(session[row])] = number
      } else if session[row] < -1 {
        let root = Int(session[row] - Int32.min)
        number = rooted[root] < 0 ? next : rooted[root]
        rooted[root] = number
      }
      if number == next { next += 1 }
      let delay = parents[row] >= 0 && row < delay.count ? delay[row] : -1
      result.append(
        session: number, turn: turn[row], parent: parents[row], delay: delay,
        isUntimed: parents[row] >= 0 && row < untimed.count && untimed[row],
        losesOutput: row < lost.count && lost[row])
    }
    return result
  }

  private static func pad<Value>(_ column: inout [Value], _ count: Int, _ nothing: Value) {
    for _ in column.count..<count { column.append(nothing) }
  }

  /// The row that each row follows, −1 for none, and the rows in order of arrival; where parents
  /// are named there may be circles.
  private mutating func parents(
    _ arrival: [Instant]
  ) -> (parents: [Int32], order: [Int]) {
    var parents = [Int32](repeating: -1, count: count)
    var order = Array(0..<count)
    if zip(arrival, arrival.dropFirst()).contains(where: { $0 > $1 }) {
      order.sort { arrival[$0] != arrival[$1] ? arrival[$0] < arrival[$1] : $0 < $1 }
    }
    var last = [Int32](repeating: -1, count: last.count)
    for row in order where session[row] >= 0 {
      parents[row] = last[Int(session[row])]
      last[Int(session[row])] = Int32(row)
    }
    for row in parent.indices where parent[row] != Self.none {
      parents[row] = -1
      if parent[row] == Self.first { continue }
      let found = rowOf[parent[row]]
      let broken: Break? =
        switch found {
        case nil: .unknown
        case .some(let other) where other == Int32(row): .itself
        case .some(let other) where arrival[Int(other)] > arrival[row]: .later
        default: nil
        }
      if let broken { breaks[broken.rawValue].add(lines[row]) }
      if let found, broken == nil { parents[row] = found }
    }
    return (parents, order)
  }

  private mutating func checkTurns(_ parents: [Int32]) {
    for row in recordedTurn.indices where parents[row] >= 0 && recordedTurn[row] >= 0 {
      let parent = Int(parents[row])
      guard parent < recordedTurn.count, recordedTurn[parent] >= 0 else { continue }
      if recordedTurn[row] != recordedTurn[parent] + 1 { wrongTurns.add(lines[row]) }
    }
  }

  /// Cuts every circle at one row, and answers the rows with parents before children.
  private mutating func breakCycles(_ parents: inout [Int32]) -> [Int] {
    var order: [Int] = []
    order.reserveCapacity(parents.count)
    var state = [UInt8](repeating: 0, count: parents.count)  // 1: on the path, 2: done
    for start in parents.indices where state[start] == 0 {
      var path: [Int] = []
      var row = start
      while true {
        state[row] = 1
        path.append(row)
        let next = Int(parents[row])
        if next < 0 || state[next] == 2 { break }
        if state[next] == 1 {
          parents[row] = -1
          breaks[Break.cycle.rawValue].add(lines[row])
          break
        }
        row = next
      }
      for row in path.reversed() {
        state[row] = 2
        order.append(row)
      }
    }
    return order
  }

  /// One line for each thing that is wrong, beginning with the place in the file at `path`.
  func warnings(_ path: String) -> [String] {
    var warnings: [String] = []
    func warn(_ count: Count, _ what: String) {
      if count.rows > 0 { warnings.append("\(path):\(count.firstLine): \(what)") }
    }
    for reason in Break.allCases {
      let count = breaks[reason.rawValue]
      warn(count, "\(reason.description) (\(Workload.rows(count.rows))); each begins a session")
    }
    warn(repeatedIDs, "has the id of a row above (\(Workload.rows(repeatedIDs.rows)))")
    warn(
      wrongTurns,
      "its turn is not one above that of the turn before (\(Workload.rows(wrongTurns.rows)))")
    return warnings
  }
}
