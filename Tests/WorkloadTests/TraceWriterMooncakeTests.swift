import Metrics
import Testing
import Units

@testable import Workload

@Suite struct TraceWriterMooncakeTests {
  private func mooncakeJSON(_ requests: RequestTable) -> [UInt8] {
    TraceWriter(requests, as: .mooncake).bytes
  }

  @Test func `what is written reads back as the same requests, to the picosecond`() throws {
    var requests = InventedTrace.chats(300)
    requests.reschedule(
      requests.arrival.enumerated().map { i, time in
        Instant(picoseconds: time.picoseconds + Int64(i) * 1_000_000_007)
      })
    let first = requests.arrival[0].picoseconds
    requests.reschedule(requests.arrival.map { Instant(picoseconds: $0.picoseconds - first) })
    let again = try read(mooncakeJSON(requests))
    #expect(again.report.format == "mooncake")
    #expect(again.report.blocks?.violations == 0)
    #expect(again.requests.arrival == requests.arrival)
    #expect(again.requests.prompt == requests.prompt)
    #expect(again.requests.output == requests.output)
    #expect(mooncakeJSON(again.requests) == mooncakeJSON(requests))
    #expect(RequestLinks(again.requests).matched == RequestLinks(requests).matched)
  }

  @Test func `lines are those of Mooncake, with a session where there is one`() {
    var requests = RequestTable()
    requests.append(at: .zero, prompt: 600, output: 5)
    requests.append(at: Instant(picoseconds: 1_500_000_000), prompt: 7, output: 1)
    #expect(
      String(decoding: mooncakeJSON(requests), as: UTF8.self) == """
        {"timestamp": 0, "input_length": 600, "output_length": 5}
        {"timestamp": 1.5, "input_length": 7, "output_length": 1}

        """)
    var chains = PromptChains(tokensPerBlock: 512)
    _ = chains.addBlock(after: -1)
    let used = chains.addBlock(after: -1)
    chains.append(used)
    chains.append(chains.addBlock(after: used))
    chains.endRequest()
    chains.endRequest()
    requests.chains = chains
    var turns = SessionTurns()
    turns.append(session: 0, turn: 1, parent: -1, delay: -1)
    turns.append(session: 1, turn: 1, parent: -1, delay: -1)
    requests.turns = turns
    #expect(
      String(decoding: mooncakeJSON(requests), as: UTF8.self) == """
        {"timestamp": 0, "input_length": 600, "output_length": 5, "hash_ids": [0, 1], \
        "session_id": "0"}
        {"timestamp": 1.5, "input_length": 7, "output_length": 1, "hash_ids": [], "session_id": "1"}

        """)
  }
}
