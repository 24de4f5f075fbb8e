import Metrics
import Testing
import Units

@testable import Workload

@Suite struct SessionBuilderTests {
  private struct Row {
    var session: String?
    var id: Int64?
    var parent: Int64?
  }

  /// All arrive at once, unless at `times`.
  private func turns(
    _ rows: [Row], at times: [Int64]? = nil
  ) -> (turns: SessionTurns?, builder: SessionBuilder) {
    var builder = SessionBuilder()
    for (i, row) in rows.enumerated() {
      var entry = TraceRow()
      (entry.session, entry.id, entry.parent) = (row.session, row.id, row.parent)
      builder.add(entry, line: i + 1)
    }
    let turns = builder.turns(
      rows.indices.map { Instant(picoseconds: times?[$0] ?? 0) })
    return (turns, builder)
  }

  @Test func `rows that say nothing have no sessions`() {
    #expect(turns([Row(), Row()]).turns == nil)
    #expect(turns([Row(id: 4), Row(id: 5)]).turns == nil)
  }

  @Test func `a turn follows the row above of its session`() throws {
    let turns = try #require(
      turns([Row(), Row(session: "b"), Row(session: "a"), Row(session: "b"), Row(session: "b")])
        .turns)
    #expect(turns.session == [0, 1, 2, 1, 1])
    #expect(turns.parent == [-1, -1, -1, 1, 3])
    #expect(turns.turn == [1, 1, 1, 2, 3])
  }

  @Test func `parents make sessions, forks too, whatever the order of rows`() throws {
    let (made, builder) = turns([
      Row(id: 3, parent: 2), Row(id: 1), Row(id: 2, parent: 1), Row(id: 4, parent: 2), Row(id: 9),
    ])
    let turns = try #require(made)
    #expect(turns.session == [0, 0, 0, 0, 1])
    #expect(turns.parent == [2, -1, 1, 2, -1])
    #expect(turns.turn == [3, 1, 2, 3, 1])
    #expect(builder.rowsWithSession == 3)
    #expect(builder.warnings("t") == [])
  }

  @Test func `two trees without a name are two sessions`() throws {
    let turns = try #require(
      turns([Row(id: 1), Row(id: 2), Row(parent: 1), Row(parent: 2), Row(id: 5, parent: 1)]).turns)
    #expect(turns.session == [0, 1, 0, 1, 0])
  }

  @Test func `a parent in the session's name counts more than the row above`() throws {
    let turns = try #require(
      turns([
        Row(session: "a", id: 1), Row(session: "a", id: 2), Row(session: "a", id: 3, parent: 1),
        Row(session: "a"),
      ]).turns)
    #expect(turns.parent == [-1, 0, 0, 2])
    #expect(turns.turn == [1, 2, 2, 3])
  }

  @Test func `parents that are unknown, the row itself, or in a circle begin a session`() throws {
    let (made, builder) = turns([
      Row(id: 1, parent: 77), Row(id: 2, parent: 2), Row(id: 3, parent: 4), Row(id: 4, parent: 3),
    ])
    let turns = try #require(made)
    #expect(
      builder.warnings("t") == [
        "t:1: the turn before is not in the file or was dropped (1 row); each begins a session",
        "t:2: a turn follows itself (1 row); each begins a session",
        "t:4: turns follow each other in a circle (1 row); each begins a session",
      ])
    #expect(turns.parent.filter { $0 < 0 }.count == 3)
    #expect(turns.session[2] == turns.session[3])
    #expect(Set(turns.session).count == 3)
    #expect(turns.turn.sorted() == [1, 1, 1, 2])
  }

  @Test func `of equal ids the first row counts`() throws {
    let (made, builder) = turns([Row(id: 1), Row(id: 1), Row(parent: 1)])
    #expect(try #require(made).parent == [-1, -1, 0])
    #expect(builder.warnings("t") == ["t:2: has the id of a row above (1 row)"])
  }

  @Test func `a turn follows the one that arrives before it, never one that arrives later`() throws
  {
    let names = [Row(session: "a"), Row(session: "a"), Row(session: "a")]
    #expect(try #require(turns(names, at: [20, 0, 10]).turns).parent == [2, -1, 1])
    let (made, builder) = turns([Row(id: 1), Row(parent: 1)], at: [5, 4])
    #expect(try #require(made).parent == [-1, -1])
    #expect(
      builder.warnings("t") == ["t:2: the turn before arrives later (1 row); each begins a session"]
    )
  }

  @Test func `a long chain is walked once`() throws {
    let count = 20_000
    let rows = (0..<count).map { Row(id: Int64($0), parent: $0 + 1 < count ? Int64($0 + 1) : nil) }
    let turns = try #require(turns(rows).turns)
    #expect(turns.turn.first == Int32(count) && turns.turn.last == 1)
    #expect(Set(turns.session) == [0])
  }
}
