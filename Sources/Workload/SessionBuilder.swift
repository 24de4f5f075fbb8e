internal import Metrics

/// Finds out which rows are turns of one session, from what the rows say of themselves.
struct SessionBuilder: Sendable {
  private struct Row {
    var session: Int32
    var id: Int64?
    var parent: Int64?
    /// The row above of the same session, −1 without.
    var above: Int32
    var delay: Int64
  }
  private var rows: [Row] = []
  /// Sessions by name, rows by id: only looked up.
  private var sessions: [String: Int32] = [:]
  private var rowOf: [Int64: Int32] = [:]
  private var last: [Int32] = []
  /// Rows that name a session or a parent.
  private(set) var rowsWithSession = 0
  /// Rows with an id that a row above has.
  private(set) var repeatedIDs = 0
  /// Rows whose parent is not in the file, or follows them.
  private(set) var brokenParents = 0
  /// Rows before the first that says anything of sessions; most files have only such.
  private var silentRows = 0

  /// Notes a kept row.
  mutating func add(_ row: TraceRow) {
    if rows.isEmpty {
      guard row.session != nil || row.id != nil || row.parent != nil else {
        silentRows += 1
        return
      }
      rows = Array(
        repeating: Row(session: -1, id: nil, parent: nil, above: -1, delay: -1), count: silentRows)
    }
    let number = Int32(rows.count)
    var entry = Row(session: -1, id: row.id, parent: row.parent, above: -1, delay: row.delay ?? -1)
    if let name = row.session {
      let session = sessions[name] ?? Int32(last.count)
      if session == last.count {
        sessions[name] = session
        last.append(-1)
      }
      entry.session = session
      if !row.isFirstTurn { entry.above = last[Int(session)] }
      last[Int(session)] = number
    }
    if let id = row.id {
      if rowOf[id] == nil { rowOf[id] = number } else { repeatedIDs += 1 }
    }
    if row.session != nil || row.parent != nil { rowsWithSession += 1 }
    rows.append(entry)
  }

  /// The sessions in the order in which rows were added; nil if no row named one.
  mutating func turns() -> SessionTurns? {
    guard rowsWithSession > 0 else { return nil }
    var parents = rows.indices.map { parent(of: $0) }
    let order = breakCycles(&parents)
    var session = rows.map(\.session)
    var turn = [Int32](repeating: 1, count: rows.count)
    for row in order where parents[row] >= 0 {
      turn[row] = turn[Int(parents[row])] + 1
      if session[row] < 0 { session[row] = session[Int(parents[row])] }
      if session[row] < 0 {
        // A tree without a name: its root's row stands for it until sessions are numbered.
        session[row] = -2 - parents[row]
        session[Int(parents[row])] = session[row]
      }
    }
    var result = SessionTurns()
    var numbers: [Int32: Int32] = [:]  // only looked up
    var next: Int32 = 0
    for row in rows.indices {
      let key = session[row] == -1 ? Int32.min + Int32(row) : session[row]
      let number = numbers[key] ?? next
      if number == next {
        numbers[key] = next
        next += 1
      }
      result.append(
        session: number, turn: turn[row], parent: parents[row], delay: rows[row].delay)
    }
    return result
  }

  private mutating func parent(of row: Int) -> Int32 {
    guard let id = rows[row].parent else { return rows[row].above }
    guard let found = rowOf[id], found != Int32(row) else {
      brokenParents += 1
      return -1
    }
    return found
  }

  /// Cuts every cycle at one row, and answers the rows with parents before children.
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
          brokenParents += 1
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
}
