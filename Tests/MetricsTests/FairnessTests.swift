import Metrics
import Testing

@Suite struct FairnessTests {
  /// Requests of sessions 0, 1, 2 in turn order of `events`.
  private func summary(_ events: [Event], sessions: [Int32]) -> Summary {
    var record = record(events)
    var turns = SessionTurns()
    for session in sessions { turns.append(session: session, turn: 1, parent: -1, delay: -1) }
    record.requests.turns = turns
    return Summary(record, plain)
  }

  private func event(_ from: Int64, _ to: Int64, prompt: Int32, output: Int32) -> Event {
    Event(
      arrival: from * second, scheduled: from * second, first: from * second + millisecond,
      finish: to * second, prompt: prompt, output: output)
  }

  @Test func `rates are weighted tokens over the time with a request in the system`() throws {
    // User 0: [0, 4] and [2, 6], then [10, 12]: 8 s; user 1: [1, 3].
    let fairness = try #require(
      summary(
        [
          event(0, 4, prompt: 100, output: 10), event(1, 3, prompt: 20, output: 30),
          event(2, 6, prompt: 100, output: 10), event(10, 12, prompt: 20, output: 5),
        ], sessions: [0, 1, 0, 0]
      ).fairness)
    #expect(fairness.users.map(\.user) == [0, 1])
    #expect(fairness.users.map(\.requests) == [3, 1])
    #expect(fairness.users.map(\.presence) == [8 * second, 2 * second])
    // 220 + 2 · 25 and 20 + 2 · 30.
    let (services, rates): ([Double], [Double]) = ([270, 80], [33.75, 40])
    #expect(fairness.users.map(\.service) == services)
    #expect(fairness.users.map(\.rate) == rates)
    #expect(fairness.users.map(\.meanTTFT) == [millisecond, millisecond])
    #expect(fairness.maxMinRatio == 40 / 33.75)
    let jain: Double = 73.75 * 73.75 / (2 * (33.75 * 33.75 + 1600))
    #expect(abs(fairness.jainIndex - jain) < 1e-12)
  }

  @Test func `one user with everything has an index of one over the users at most`() throws {
    let many = (0..<10).map { event(0, 1, prompt: $0 == 0 ? 10_000_000 : 1, output: 1) }
    let fairness = try #require(summary(many, sessions: (0..<10).map { $0 }).fairness)
    #expect(abs(fairness.jainIndex - 0.1) < 1e-4)
    let even = (0..<10).map { _ in event(0, 1, prompt: 7, output: 1) }
    #expect(summary(even, sessions: (0..<10).map { $0 }).fairness?.jainIndex == 1)
  }

  @Test func `without two users there is nothing to compare`() {
    let one = [event(0, 4, prompt: 1, output: 1), event(1, 3, prompt: 1, output: 1)]
    #expect(summary(one, sessions: [0, 0]).fairness == nil)
    #expect(Summary(record(one), plain).fairness == nil)
    let keys = ["num_users", "jain_index", "max_min_service_ratio"]
    for field in Summary(record(one), plain).fields where keys.contains(field.key) {
      #expect(field.value == .undefined)
    }
    #expect(
      summary(one, sessions: [0, 1]).fields.contains {
        $0.key == "num_users" && $0.value == .integer(2)
      })
  }
}
