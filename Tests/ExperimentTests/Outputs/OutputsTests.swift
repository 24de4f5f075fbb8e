import Experiment
import Files
import Metrics
import Testing
import Units

@Suite struct OutputsTests {
  @Test func `files are those asked for, in a fixed order, each ended`() {
    let sink = everything(of: smallRecord())
    #expect(
      sink.files.map(\.name) == [
        "summary.json", "columns.json", "requests.csv", "timeseries.csv", "steps.csv",
        "timeline.json",
      ])
    #expect(sink.ended == 6)
    var few = MemorySink()
    var choice = OutputChoice()
    (choice.requests, choice.timeseries) = (false, false)
    let record = smallRecord()
    writeOutputs(of: record, Summary(record, description), choice, to: &few)
    #expect(few.files.map(\.name) == ["summary.json", "columns.json"])
  }

  @Test func `long files leave in pieces and lose nothing`() {
    let count = 20_000
    var table = RequestTable()
    for row in 0..<count { table.append(at: instant(Int64(row)), prompt: 1, output: 1) }
    table.prepareRun()
    let record = RunRecord(
      requests: table, recorders: [Recorder()], series: nil, end: instant(Int64(count)),
      arrivals: count, copies: 0, sampleEvents: 0, blocks: 1, tokensPerBlock: 16, stop: nil)
    var sink = MemorySink()
    writeOutputs(of: record, Summary(record, description), OutputChoice(), to: &sink)
    let rows = sink.lines("requests.csv").dropFirst()
    #expect(rows.count == count)
    #expect(rows.enumerated().allSatisfy { $1.hasPrefix("\($0),") })
    #expect(sink.longestPiece < 100_000)
  }

  @Test func `a sink that is full stops the writing with its own error`() {
    let record = smallRecord()
    let summary = Summary(record, description)
    let whole = everything(of: record).files
    let rows = (whole.first { $0.name == "requests.csv" }?.bytes.count ?? 0)
    let before = summary.json.bytes.count + ColumnCatalog.json.bytes.count
    for room in [0, before - 1, before + rows - 1] {
      var sink = FullSink(room: room)
      #expect(throws: FullSink.Full.self) {
        try writeOutputs(of: record, summary, OutputChoice(), to: &sink)
      }
    }
  }

  @Test func `equal records give equal bytes`() {
    let (a, b) = (everything(of: smallRecord()), everything(of: smallRecord()))
    #expect(a.files.map(\.bytes) == b.files.map(\.bytes))
  }
}
