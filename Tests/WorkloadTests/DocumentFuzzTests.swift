import Metrics
import TestSupport
import Testing
import Workload

/// Whatever a file holds, it is read or refused, never a crash, and every row is accounted for.
@Suite struct DocumentFuzzTests {
  private static let seeds = [
    #"{"block_size":64,"hash_id_scope":"local","requests":[{"t":0.5,"in":130,"out":0,"#
      + #""hash_ids":[1,2],"think_time":1.5,"api_time":2},{"t":1,"type":"subagent","#
      + #""requests":[{"t":0,"in":64,"out":3,"hash_ids":[1]}]}]}"#,
    #"[{"id":"a","conversations":[{"value":"hello \u00e9\ud83d\ude00 world, twice"},{"value":"#
      + #""and an answer of some length"}]},{"conversations":[{"value":"x"},{"value":"y"}]}]"#,
    #"{"prompt":"a text with \"quotes\" and \\ and \u1234","output_tokens":12}"# + "\n"
      + #"{"prompt":"another"}"#,
    #"{"session_id":"s","arrival_time_ns":5,"sub_requests":[{"input_toks":20,"output_toks":2,"#
      + #""tool_duration_ns":100,"input_tok_ids":[1,2,3]},{"input_toks":9,"output_toks":1}]}"#
      + "\n"
      + #"{"input_toks":3,"output_toks":4,"arrival_time_ns":1}"#,
    "request_id,arrival_s,input_tokens,output_tokens,session_id,parent_id,delay_s,block_size,"
      + "blocks\n0,0.5,30,2,a,,,16,0 1\n1,0.75,40,2,a,0,0.125,16,0 1 2\n",
    #"{"request_id":0,"arrival_s":0.1,"input_tokens":3,"output_tokens":4,"session_id":0,"#
      + #""parent_id":null,"delay_s":null,"block_size":16,"blocks":[0,1]}"#,
  ]
  static let formats = [
    "weka", "sharegpt", "vllm-custom", "llmservingsim", "martlet", "martlet-jsonl",
  ]

  @Test(arguments: seeds.indices) func `a mutated file is read or refused`(kind: Int) throws {
    let original = Array(Self.seeds[kind].utf8)
    #expect(try read(original).report.format == Self.formats[kind])
    var dice = Dice(UInt64(kind + 1))
    let pieces: [[UInt8]] =
      [
        "{", "}", "[", "]", "\"", ",", ":", "\\", "\n", "-", "0", "1e99", "null", "\0", " ", "9",
      ].map { Array($0.utf8) } + [[0xFF], [0xC3], []]
    for _ in 0..<(isDebug ? 300 : 1500) {
      var bytes = original
      for _ in 0..<(1 + dice.roll(4)) {
        let place = dice.roll(bytes.count)
        switch dice.roll(3) {
        case 0: bytes.removeSubrange(place..<min(bytes.count, place + 1 + dice.roll(9)))
        case 1: bytes.insert(contentsOf: pieces[dice.roll(pieces.count)], at: place)
        default:
          bytes.replaceSubrange(place...place, with: pieces[dice.roll(pieces.count)])
        }
        if bytes.isEmpty { bytes = [0x20] }
      }
      let format = Self.formats[dice.roll(4) == 0 ? dice.roll(Self.formats.count) : kind]
      let file = try TestFile(bytes)
      var options = TraceOptions()
      options.format = dice.roll(2) == 0 ? "auto" : format
      if dice.roll(4) == 0 { options.limit = 1 }
      do {
        let trace = try readTrace(at: file.path, options: options)
        let dropped = trace.report.dropped.reduce(0) { $0 + $1.count }
        #expect(trace.report.rowsRead == trace.report.kept + dropped)
        #expect(trace.requests.count == trace.report.kept)
        #expect(trace.arrivals == trace.arrivals.sorted())
      } catch {
        #expect(error.description.hasPrefix(file.path))
      }
    }
  }
}
