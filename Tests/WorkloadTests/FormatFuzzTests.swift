import Kernel
import Metrics
import Testing
import Workload

/// Lines that are right, of every format, and what random damage does to them.
@Suite struct FormatFuzzTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    let format: String
    let header: String
    let rows: [String]
    var testDescription: String { format }
  }

  static let samples = [
    Sample(
      format: "azure", header: "TIMESTAMP,ContextTokens,GeneratedTokens",
      rows: ["2024-05-10 00:00:00.009930+00:00,21,5", "2024-05-10 00:00:01,\"77\",6"]),
    Sample(
      format: "azure-lmm", header: "TIMESTAMP,NumImages,ContextTokens,GeneratedTokens",
      rows: ["2024-10-10 00:00:00.5,0,21,5", "2024-10-10 00:00:01,3,77,6"]),
    Sample(
      format: "blis",
      header:
        "session_id,round_index,prefix_group,prefix_length,input_tokens,output_tokens,"
        + "arrival_time_us,status,think_time_us",
      rows: ["s,0,g,64,100,5,1000,ok,0", "s,1,g,64,120,6,9000,ok,400", ",,,,7,6,9001,timeout,"]),
    Sample(
      format: "burstgpt",
      header: "Timestamp,Session ID,Model,Request tokens,Response tokens,Total tokens,Log Type",
      rows: ["5,a,GPT-4,10,4,14,API log", "7.0,,GPT-4,10,0,10,API log", "9,a,x,1,2,3,API log"]),
    Sample(
      format: "martlet",
      header: "request_id,arrival_s,input_tokens,output_tokens,session_id,parent_id,delay_s,"
        + "block_size,blocks",
      rows: ["0,0.5,40,3,a,,,16,0 1 2", "1,2.5,60,3,a,0,1.25,16,0 1 2 3", "2,3,5,4,b,,,16,"]),
    Sample(
      format: "martlet-jsonl", header: "",
      rows: [
        #"{"request_id":0,"arrival_s":0.5,"input_tokens":40,"output_tokens":3,"blocks":[0,1],"#
          + #""block_size":32,"parent_id":null}"#,
        #"{"request_id":1,"arrival_s":2,"input_tokens":50,"output_tokens":3,"blocks":[0,2],"#
          + #""block_size":32,"parent_id":0,"delay_s":0.5}"#,
      ]),
    Sample(
      format: "measured", header: "arrival_s,input_tokens,output_tokens",
      rows: ["0.5,10,3", "1e0,20,4"]),
    Sample(
      format: "mooncake", header: "",
      rows: [
        #"{"timestamp": 3, "input_length": 1030, "output_length": 4, "hash_ids": [1, 2, 3]}"#,
        #"{"session_id": "a", "timestamp": 4.5, "input_length": 12, "output_length": 4}"#,
        #"{"session_id": "a", "delay": 45, "input_length": 30, "output_length": 4}"#,
        #"{"timestamp": 9, "text_input": "a", "output_length": 4, "extra": {"b": [null]}}"#,
      ]),
    Sample(
      format: "qwen-bailian", header: "",
      rows: [
        #"{"chat_id": 3, "parent_chat_id": -1, "timestamp": 0.0, "input_length": 30, "#
          + #""output_length": 4, "type": "text", "turn": 1, "hash_ids": [1, 2]}"#,
        #"{"chat_id": 4, "parent_chat_id": 3, "timestamp": 1.25, "input_length": 50, "#
          + #""output_length": 4, "type": "text", "turn": 2, "hash_ids": [1, 2, 2, 9]}"#,
      ]),
    Sample(
      format: "splitwise-sim",
      header: "request_id,request_type,application_id,arrival_timestamp,batch_size,prompt_size,"
        + "token_size",
      rows: ["0,2,0,1.5,1,40,3", "1,2,0,2,1,50,4"]),
    Sample(
      format: "vidur", header: "arrived_at,num_prefill_tokens,num_decode_tokens",
      rows: ["0.0,10,3", "5.8926549999999995,20,4"]),
    Sample(
      format: "vidur-lengths", header: "num_prefill_tokens,num_decode_tokens,num_total_tokens",
      rows: ["10,3,13", "20,4,24"]),
    Sample(
      format: "vllm-timed-trace", header: "",
      rows: [#"{"timestamp": 3, "input_length": 40, "output_length": 4, "hash_ids": [1, 2, 3]}"#]),
  ]

  @Test func `every format has a sample, which it alone recognizes`() throws {
    let sampled = Set(Self.samples.map(\.format) + DocumentFuzzTests.formats)
    #expect(traceFormats.map { $0.name }.sorted() == sampled.sorted())
    for sample in Self.samples {
      let first = sample.header.isEmpty ? sample.rows[0] : sample.header
      let found = traceFormats.filter { $0.recognizes(first) }.map { $0.name }
      let expected = sample.format == "vllm-timed-trace" ? "mooncake" : sample.format
      // Timed requests of ours are measured ones too; the first format of the list counts.
      #expect(found == [expected] + (expected == "martlet" ? ["measured"] : []))
      let text = ([sample.header] + sample.rows).joined(separator: "\n")
      #expect(try read(text).report.format == expected)
    }
  }

  @Test func `a byte order mark and odd line ends lose no row`() throws {
    for sample in Self.samples {
      let lines = (sample.header.isEmpty ? [] : [sample.header]) + sample.rows
      let plain = try read(lines.joined(separator: "\n")) { $0.format = sample.format }
      let odd = try read("\u{FEFF}" + lines.joined(separator: "\r\n\r\n") + "\r\n") {
        $0.format = sample.format
      }
      #expect(odd.requests.arrival == plain.requests.arrival)
      #expect(odd.prompts == plain.prompts && odd.requests.chains == plain.requests.chains)
      #expect(odd.requests.turns == plain.requests.turns)
      #expect(odd.report.rowsRead == sample.rows.count)
    }
  }

  @Test(arguments: samples)
  func `rows read are rows kept and rows dropped, whatever is damaged`(sample: Sample) throws {
    var stream = RandomStream(seed: 7, name: sample.format)
    let bytes = Array("0123456789,,\"{}[]:-.eE \t\\nulltrue\u{FEFF}\0~".utf8)
    for _ in 0..<150 {
      var lines: [[UInt8]] = []
      for _ in 0..<8 {
        var line = Array(sample.rows[stream.below(sample.rows.count)].utf8)
        for _ in 0..<stream.below(4) where !line.isEmpty {
          let place = stream.below(line.count)
          switch stream.below(5) {
          case 0: line.remove(at: place)
          case 1: line.insert(bytes[stream.below(bytes.count)], at: place)
          case 2: line[place] = bytes[stream.below(bytes.count)]
          case 3: line.removeLast(line.count - place)
          default: line.insert(contentsOf: line[place...].prefix(stream.below(9)), at: place)
          }
        }
        lines.append(line)
      }
      let whole = Array(sample.rows[0].utf8)
      let first = sample.header.isEmpty ? whole : Array(sample.header.utf8)
      let text = ([first, whole] + lines).joined(separator: [10])
      let isRow = { (line: [UInt8]) in line.contains { ![9, 13, 32].contains($0) } }
      let rows = lines.count(where: isRow) + (sample.header.isEmpty ? 2 : 1)
      do {
        let trace = try read(Array(text)) { $0.format = sample.format }
        let dropped = trace.report.dropped.reduce(0) { $0 + $1.count }
        #expect(trace.report.rowsRead == rows)
        #expect(trace.report.rowsRead == trace.report.kept + dropped)
        #expect(trace.requests.count == trace.report.kept)
        #expect(trace.requests.chains.map { $0.count == trace.requests.count } ?? true)
        #expect(trace.requests.turns.map { $0.count == trace.requests.count } ?? true)
        #expect(zip(trace.arrivals, trace.arrivals.dropFirst()).allSatisfy { $0 <= $1 })
      } catch let error as TraceError {
        #expect(error.description.contains("over 106 days"))
      }
    }
  }
}
