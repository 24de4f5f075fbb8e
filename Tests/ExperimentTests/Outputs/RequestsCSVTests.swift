import Experiment
import Files
import Metrics
import Testing
import Units

@Suite struct RequestsCSVTests {
  @Test func `the header is the contract's`() {
    #expect(
      everything(of: smallRecord()).lines("requests.csv")[0]
        == "request_id,session_id,turn,instance_id,arrival_s,first_scheduled_s,first_token_s,"
        + "finish_s,input_len,output_len,cached_tokens,ttft_ms,tpot_ms,itl_mean_ms,itl_max_ms,"
        + "e2el_ms,queue_time_ms,prefill_time_ms,decode_time_ms,preempted_time_ms,"
        + "num_preemptions,recomputed_tokens,finish_reason,slo_met,measured,migrations,"
        + "retries,decode_instance")
  }

  @Test func `rows are byte for byte what the picoseconds say`() {
    // 100 ms over 3 gaps = 33.333333333|33… ms.
    let rows = everything(of: smallRecord()).lines("requests.csv").dropFirst()
    #expect(
      Array(rows) == [
        "0,,,0,0.000000000000,0.000000000005,0.025000000000,0.125000000000,512,4,0,"
          + "25.000000000,33.333333333,33.333333333,60.000000000,125.000000000,0.000000005,"
          + "24.999999995,100.000000000,40.000000000,1,513,length,,1,0,0,",
        "1,,,1,0.000000000001,0.000000000001,0.007000000000,0.007000000000,7,1,0,"
          + "6.999999999,,,,6.999999999,0.000000000,6.999999999,0.000000000,0.000000000,0,0,"
          + "length,,1,0,0,",
        "2,,,,1.000000000000,,,,99999,128,0,,,,,,,,,0.000000000,0,0,unservable,,1,0,0,",
        "3,,,1,2.000000000000,2.000000000000,2.000000000008,,30,9,0,0.000000008,,,,,"
          + "0.000000000,0.000000008,,0.000000000,0,0,unfinished,,1,0,0,",
        "4,,,0,3.000000000000,,,,31,10,0,,,,,,,,,0.000000000,0,0,unfinished,,1,0,0,",
      ])
  }

  @Test func `migrations and retries follow`() {
    var record = smallRecord()
    (record.requests.migrations[1], record.requests.retries[1]) = (2, 3)
    record.requests.isFailed[4] = true
    let rows = everything(of: record).lines("requests.csv")
    #expect(rows[2].hasSuffix(",length,,1,2,3,"))
    #expect(rows[5].hasSuffix(",failed,,1,0,0,"))
  }

  @Test func `with targets the fifth cell from the end is 1 or 0`() {
    let targets = ServiceLevel(tpot: Seconds(0.02))
    let rows = everything(of: smallRecord(), targets: targets).lines("requests.csv").dropFirst()
    let rest = Array(repeating: ",0,1,0,0,", count: 3)
    #expect(rows.map { String($0.suffix(9)) } == [",0,1,0,0,", ",1,1,0,0,"] + rest)
  }

  @Test func `the fourth cell from the end is 0 in the warm-up`() {
    var record = smallRecord()
    record.requests.warmup = .requests(2)
    let rows = everything(of: record).lines("requests.csv").dropFirst()
    #expect(rows.map { $0.suffix(7).prefix(2) } == [",0", ",0", ",1", ",1", ",1"])
  }

  @Test func `the longest possible row fits the room made for it`() {
    var table = RequestTable()
    table.append(at: instant(0), prompt: .max, output: .max)
    table.prepareRun()
    table.firstScheduled[0] = instant(.max - 3)
    table.firstToken[0] = instant(.max - 2)
    table.finished[0] = instant(.max - 1)
    (table.longestGap[0], table.preemptedTime[0]) = (.max, .max)
    (table.instance[0], table.preemptions[0], table.recomputed[0]) = (.max, .max, .max)
    table.decodeInstance[0] = .max
    let record = RunRecord(
      requests: table, recorders: [Recorder()], series: nil, end: instant(.max - 1), arrivals: 1,
      copies: 0, sampleEvents: 0, blocks: 1, tokensPerBlock: 16, stop: nil)
    var sink = MemorySink()
    writeOutputs(of: record, Summary(record, description), OutputChoice(), to: &sink)
    #expect(sink.lines("requests.csv")[1].contains("9223372.036854775806"))
  }
}
