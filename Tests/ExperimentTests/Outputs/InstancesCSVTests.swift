import Experiment
import Files
import Metrics
import TestSupport
import Testing
import Units

@Suite struct InstancesCSVTests {
  private func lines(_ change: (inout RunRecord, inout RunDescription) -> Void) -> [String] {
    var (record, described) = (smallRecord(), description)
    change(&record, &described)
    var choice = OutputChoice()
    choice.instances = true
    var sink = MemorySink()
    writeOutputs(of: record, Summary(record, described), choice, to: &sink)
    return sink.lines("instances.csv")
  }

  @Test func `a row has what one instance did`() {
    let lines = lines { record, described in
      record.cluster.members[0].routed = 3
      record.cluster.members[1].movedIn = 1
      record.instanceTotals[0].busyTime = Int128(second)
      record.instanceTotals[0].prefixHitTokens = 1
      record.instanceTotals[0].prefixQueryTokens = 4
      described.instances = ["a", "b,c"].map {
        InstanceDescription(pool: $0, role: "mixed", gpu: "g", gpus: 2)
      }
    }
    #expect(lines.count == 3)
    #expect(lines[0] == ColumnCatalog.instances.map(\.name).joined(separator: ","))
    #expect(
      lines[1].hasPrefix(
        "0,a,mixed,g,2,4.000000000000,1.000000000000,0.25,3,0,0,0,0,0,0,0,0,1,4,0.25,"))
    #expect(lines[1].hasSuffix(",1,0.343750"))
    #expect(lines[2].hasPrefix("1,\"b,c\",mixed,g,2,"))
  }

  @Test func `every row has a cell for each column`() {
    for line in lines({ _, _ in }) {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      #expect(cells.count == ColumnCatalog.instances.count)
    }
  }

  @Test func `columns json has them where the file is written`() {
    let summary = Summary(smallRecord(), description)
    var choice = OutputChoice()
    #expect(!ColumnCatalog.json(of: summary, choice).text.contains("\"instances.csv\""))
    choice.instances = true
    #expect(ColumnCatalog.json(of: summary, choice).text.contains("\"instances.csv\""))
  }
}
