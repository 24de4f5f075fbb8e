import Metrics
import Testing
import Units

@testable import Workload

@Suite struct RequestLinksTests {
  /// Requests a second apart with these chains of blocks of 4 tokens.
  private func table(_ chains: [[Int]]) throws -> RequestTable {
    let lines = chains.enumerated().map { i, chain in
      #"{"timestamp": \#(1000 * i), "input_length": \#(512 * chain.count), "output_length": 1, "#
        + #""hash_ids": \#(chain)}"#
    }
    return try read(lines.joined(separator: "\n")).requests
  }

  @Test func `sessions are requests that share two blocks, hits what an infinite cache has`() throws
  {
    let requests = try table([
      [0, 1, 2], [0, 3], [0, 1, 2, 4], [9], [0, 3, 5], [0, 1, 6], [0], [0, 1, 2, 4, 7],
    ])
    let links = RequestLinks(requests)
    #expect(links.session == [0, 1, 0, 2, 1, 0, 3, 0])
    #expect(links.turn == [1, 1, 2, 1, 2, 3, 1, 4])
    #expect(links.previous == [-1, -1, 0, -1, 1, 2, -1, 5])
    #expect(links.matched == [0, 1, 3, 0, 2, 2, 1, 4])
    // The deepest shared block decides, not the last turn.
    #expect(links.source == [-1, 0, 0, -1, 1, 2, 5, 2])
    #expect(links.lengths == [4, 2, 1, 1])
    let statistics = LikenessStatistics(requests)
    #expect(statistics.prefixHits == 13)
    #expect(statistics.blockAccesses == 22)
    #expect(statistics.sessions == 4)
    #expect(statistics.meanTurns == 2)
    // Gaps of 2, 3, 3 and 2 seconds; the upper of the middle two.
    #expect(statistics.medianTurnGap == 3)
  }

  @Test func `recorded sessions come before those that blocks show`() throws {
    var requests = try table([[0, 1], [0, 1], [5, 6]])
    var turns = SessionTurns()
    for (session, parent) in [(0, -1), (1, -1), (0, 0)] {
      turns.append(
        session: Int32(session), turn: parent < 0 ? 1 : 2, parent: Int32(parent), delay: -1)
    }
    requests.turns = turns
    let links = RequestLinks(requests)
    #expect(links.session == [0, 1, 0])
    #expect(links.turn == [1, 1, 2])
    #expect(links.matched == [0, 2, 0])
  }
}
