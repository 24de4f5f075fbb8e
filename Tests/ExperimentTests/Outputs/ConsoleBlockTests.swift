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

  @Test func `a closed loop names its limit where vllm does`() {
    var record = smallRecord()
    record.requests.close(at: 2)
    let lines = Summary(record, description).consoleBlock.split(separator: "\n")
    #expect(lines[3] == "Maximum request concurrency:             2")
  }
}
