import Testing
import Units

@testable import Metrics

@Suite struct SessionTurnsTests {
  // Row 2 and row 3 follow row 0; row 1 stands alone. Arrivals are in the opposite order.
  private var table: RequestTable {
    var turns = SessionTurns()
    turns.append(session: 0, turn: 1, parent: -1, delay: -1)
    turns.append(session: 1, turn: 1, parent: -1, delay: -1)
    turns.append(session: 0, turn: 2, parent: 0, delay: 5)
    turns.append(session: 0, turn: 2, parent: 0, delay: 7)
    var table = RequestTable()
    for row in 0..<4 {
      table.append(at: Instant(picoseconds: Int64(40 - 10 * row)), prompt: 1, output: 1)
    }
    table.turns = turns
    return table
  }

  @Test func `parents follow their rows when requests are sorted`() throws {
    var sorted = table
    sorted.sortByArrival()
    let turns = try #require(sorted.turns)
    #expect(turns.session == [0, 0, 1, 0])
    #expect(turns.turn == [2, 2, 1, 1])
    #expect(turns.parent == [3, 3, -1, -1])
    #expect(turns.delay == [7, 5, -1, -1])
  }

  @Test func `marks follow their rows and cost nothing without any`() throws {
    var turns = SessionTurns()
    turns.append(session: 0, turn: 1, parent: -1, delay: -1)
    turns.append(session: 0, turn: 2, parent: 0, delay: 5, isUntimed: true)
    turns.append(session: 0, turn: 3, parent: 1, delay: 5, losesOutput: true)
    turns.append(session: 0, turn: 4, parent: 2, delay: 5)
    #expect((0..<4).map(turns.isUntimed) == [false, true, false, false])
    #expect((0..<4).map(turns.losesOutput) == [false, false, true, false])
    var table = table
    table.turns = turns
    #expect(table.hasUntimedTurns)
    var accepted = table
    accepted.turns?.acceptArrivals()
    #expect(!accepted.hasUntimedTurns && accepted.turns?.delay == table.turns?.delay)
    table.sortByArrival()
    let sorted = try #require(table.turns)
    #expect((0..<4).map(sorted.isUntimed) == [false, false, true, false])
    #expect((0..<4).map(sorted.losesOutput) == [false, true, false, false])
    table.truncate(to: 2)
    let cut = try #require(table.turns)
    #expect(!cut.hasUntimed && cut.hasLostOutputs && !table.hasUntimedTurns)
    var plain = SessionTurns()
    plain.append(session: 0, turn: 1, parent: -1, delay: -1)
    turns.truncate(to: 1)
    #expect(turns == plain)
  }

  @Test func `a turn whose parent is cut off follows nothing`() throws {
    var short = table
    short.sortByArrival()
    short.truncate(to: 2)
    let turns = try #require(short.turns)
    #expect(turns.count == 2)
    #expect(turns.parent == [-1, -1])
    var long = table
    long.truncate(to: 3)
    #expect(long.turns?.parent == [-1, -1, 0])
    long.truncate(to: 9)
    #expect(long.turns?.count == 3)
  }
}
