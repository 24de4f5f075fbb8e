import Experiment
import Files
import FoundationEssentials
import Metrics
import Testing
import Units

@Suite struct SummaryJSONTests {
  @Test func `values are written with their decimals`() {
    #expect(SummaryValue.seconds(1).cell == "0.000000000001")
    #expect(SummaryValue.seconds(12 * second + 34).cell == "12.000000000034")
    #expect(SummaryValue.milliseconds(-1).cell == "-0.000000001")
    #expect(SummaryValue.milliseconds(.max).cell == "9223372036.854775807")
    #expect(SummaryValue.milliseconds(98_765_432_109).cell == "98.765432109")
    #expect(SummaryValue.integer(-5).cell == "-5")
    #expect(SummaryValue.undefined.cell.isEmpty)
  }

  /// A few of the keys, as a reader in another language would take them.
  struct Keys: Decodable {
    let modelId: String
    let completed: Int
    let failed: Int
    let duration: Double
    let requestGoodput: Double?
    let meanTpotMs: Double
    let maxConcurrentRequests: Int
    let saturated: Bool
    let verdict: String
    let wallTimeS: Double?
  }

  @Test func `summary json is valid and has vllm's keys and units`() throws {
    let bytes = Summary(smallRecord(), description).json.bytes
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let keys = try decoder.decode(Keys.self, from: Data(bytes))
    #expect(keys.modelId == "opt-13b")
    #expect((keys.completed, keys.failed) == (2, 3))
    #expect(keys.duration == 0.125)
    #expect(keys.requestGoodput == nil)
    #expect(keys.meanTpotMs == 33.333333333)
    #expect(keys.maxConcurrentRequests == 2)
    #expect(keys.saturated && keys.verdict == "SATURATED")
    #expect(keys.wallTimeS == nil)
  }

  @Test func `one key a line, vllm's first`() {
    let lines = Summary(smallRecord(), description).json.text.split(separator: "\n")
    #expect(lines.count == ColumnCatalog.summary.count + 2)
    #expect(lines[1] == "  \"endpoint_type\": \"martlet\",")
    #expect(lines.contains("  \"duration\": 0.125000000000,"))
    #expect(lines.contains("  \"p99.9_tpot_ms\": 33.333333333,"))
  }

  @Test func `columns json defines every column of every file`() throws {
    let sink = everything(of: smallRecord())
    typealias Entries = [String: [String: [String: String]]]
    let catalog = try JSONDecoder().decode(Entries.self, from: Data(ColumnCatalog.json.bytes))
    for file in ["requests.csv", "timeseries.csv", "steps.csv"] {
      let header = sink.lines(file)[0].split(separator: ",").map(String.init)
      #expect(header.count > 8)
      for column in header {
        let keys = catalog[file]?[column]?.keys.sorted()
        #expect(keys == ["definition", "population", "unit"], "\(file) \(column)")
      }
      for row in sink.lines(file) {
        #expect(row.split(separator: ",", omittingEmptySubsequences: false).count == header.count)
      }
    }
    #expect(catalog["summary.json"]?.count == ColumnCatalog.summary.count)
  }
}
