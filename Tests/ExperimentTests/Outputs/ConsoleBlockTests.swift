import Experiment
import Files
import Metrics
import Testing
import Units

@Suite struct ConsoleBlockTests {
  @Test func `the block is vllm's line for line, then ours`() {
    var described = description
    described.requestRate = 1.5
    let block = Summary(smallRecord(), described).consoleBlock
    let lines = block.split(separator: "\n").map(String.init)
    let expected = [
      "============ Serving Benchmark Result ============",
      "Successful requests:                     2",
      "Failed requests:                         3",
      "Request rate configured (RPS):           1.50",
      "Benchmark duration (s):                  0.12",
      "Total input tokens:                      519",
      "Total generated tokens:                  5",
      "Request throughput (req/s):              16.00",
      "Output token throughput (tok/s):         40.00",
      "Peak output token throughput (tok/s):    5.00",
      "Peak concurrent requests:                2.00",
      "Total token throughput (tok/s):          4192.00",
      "---------------Time to First Token----------------",
      "Mean TTFT (ms):                          16.00",
      "Median TTFT (ms):                        16.00",
      "P99 TTFT (ms):                           24.82",
      "-----Time per Output Token (excl. 1st token)------",
      "Mean TPOT (ms):                          33.33",
      "Median TPOT (ms):                        33.33",
      "P99 TPOT (ms):                           33.33",
      "---------------Inter-token Latency----------------",
      "Mean ITL (ms):                           33.33",
      "Median ITL (ms):                         20.00",
      "P99 ITL (ms):                            59.20",
      "----------------End-to-end Latency----------------",
      "Mean E2EL (ms):                          66.00",
      "Median E2EL (ms):                        66.00",
      "P99 E2EL (ms):                           123.82",
      "--------------------Simulation--------------------",
      "Preemptions:                             1",
      "KV cache peak (%):                       34.38",
      "Rejected requests:                       1 (unservable)",
      "Unfinished requests:                     2",
      String(repeating: "=", count: 50),
    ]
    #expect(Array(lines.dropLast()) == expected)
    #expect(lines.last?.hasPrefix("verdict: SATURATED (2 requests did not finish; ") == true)
  }

  @Test func `a warm-up, an interval, cost and energy are said when there are any`() throws {
    // Requests a second apart, 40 in two parts: the first, and ten of the warm-up, are slow.
    var table = RequestTable()
    for _ in 0..<50 { table.append(at: instant(0), prompt: 10, output: 2) }
    table.reschedule((0..<50).map { instant(Int64($0) * second) })
    table.prepareRun()
    table.warmup = .requests(10)
    for row in 0..<50 {
      let start = Int64(row) * second
      table.firstScheduled[row] = instant(start)
      table.firstToken[row] = instant(start + (row < 30 ? 120 : 100) * millisecond)
      table.finished[row] = instant(start + 500 * millisecond)
    }
    let record = RunRecord(
      requests: table, recorders: [Recorder()], series: nil, end: instant(50 * second),
      arrivals: 50, copies: 0, sampleEvents: 0, blocks: 96, tokensPerBlock: 16, stop: nil)
    var described = description
    (described.gpuHourPrice, described.power) = (2, PowerDraw(idle: Watts(50), busy: Watts(500)))
    described.intervals.batches = 2
    let lines = Summary(record, described).consoleBlock.split(separator: "\n").map(String.init)
    let start = try #require(lines.firstIndex { $0.contains("-Simulation-") })
    // 120 and 100 ms: ± t(0.975; 1) · 10; 39.5 s at 2 an hour and 50 W over 80 tokens.
    #expect(
      Array(lines[(start + 1)...(start + 6)]) == [
        "Warm-up requests, not measured:          10",
        "Mean TTFT, 95 % interval (ms):           110.00 ± 127.06",
        "Preemptions:                             0",
        "KV cache peak (%):                       0.00",
        "Cost per million output tokens:          274.3056",
        "Energy per output token (J):             24.6875",
      ])
  }

  @Test func `a closed loop names its limit where vllm does`() {
    var record = smallRecord()
    record.requests.close(at: 2)
    let lines = Summary(record, description).consoleBlock.split(separator: "\n")
    #expect(lines[3] == "Maximum request concurrency:             2")
  }
}
