import Metrics
import Testing

@testable import Workload

@Suite struct SessionBuilderTests {
  private struct Row {
    var session: String?
    var id: Int64?
    var parent: Int64?
  }

  private func turns(_ rows: [Row]) -> (turns: SessionTurns?, builder: SessionBuilder) {
    var builder = SessionBuilder()
    for row in rows {
      var entry = TraceRow()
      (entry.session, entry.id, entry.parent) = (row.session, row.id, row.parent)
      builder.add(entry)
    }
    let turns = builder.turns()
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
    #expect((builder.rowsWithSession, builder.brokenParents) == (3, 0))
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
    #expect(builder.brokenParents == 3)
    #expect(turns.parent.filter { $0 < 0 }.count == 3)
    #expect(turns.session[2] == turns.session[3])
    #expect(Set(turns.session).count == 3)
    #expect(turns.turn.sorted() == [1, 1, 1, 2])
  }

  @Test func `of equal ids the first row counts`() throws {
    let (made, builder) = turns([Row(id: 1), Row(id: 1), Row(parent: 1)])
    #expect(try #require(made).parent == [-1, -1, 0])
    #expect(builder.repeatedIDs == 1)
  }

  @Test func `a long chain is walked once`() throws {
    let count = 20_000
    let rows = (0..<count).map { Row(id: Int64($0), parent: $0 + 1 < count ? Int64($0 + 1) : nil) }
    let turns = try #require(turns(rows).turns)
    #expect(turns.turn.first == Int32(count) && turns.turn.last == 1)
    #expect(Set(turns.session) == [0])
  }
}
