import Experiment
import Files
import Foundation
import Metrics
import Studies
import Synchronization
import TestSupport
import Testing
import Units
import Workload

@Suite struct TraceLibraryTests {
  @Test func `a trace is read once for all that share it, and again for another reading`() throws {
    func key(_ lines: String, keepsBlocks: Bool = false) throws -> TraceLibrary.Key {
      let config = try ExperimentConfig.read(
        "model: llama-3-8b\ncluster: {gpu: a100-80gb-sxm}\nworkload: {trace: t.csv\(lines)}\n",
        file: "e.yaml")
      guard case .trace(let trace) = config.workload else { throw CocoaError(.coderInvalidValue) }
      return TraceLibrary.Key(trace, keepsBlocks: keepsBlocks)
    }
    let directory = try TestDirectory()
    let path = try directory.write(
      "arrived_at,num_prefill_tokens,num_decode_tokens\n0,10,5\n1,20,5\n", to: "t.csv")
    let trace = try readTrace(at: path, options: TraceOptions())
    let (plain, rated) = (try key(""), try key(", rate: 4"))
    let limited = try key(", limit: 1")
    #expect(plain == rated && plain != limited)
    #expect(try plain != key(", block_tokens: 16") && plain != key("", keepsBlocks: true))
    let library = TraceLibrary(
      [Array(repeating: plain, count: 40), [limited, limited]].flatMap(\.self))
    let readings = Mutex(0)
    @Sendable func ask(_ key: TraceLibrary.Key) -> Int? {
      try? library.trace(key) {
        readings.withLock { $0 += 1 }
        Foundation.Thread.sleep(forTimeInterval: 0.01)
        return trace
      }.requests.count
    }
    DispatchQueue.concurrentPerform(iterations: 40) { _ in #expect(ask(plain) == 2) }
    #expect(readings.withLock { $0 } == 1)
    _ = (ask(limited), ask(limited))
    #expect(readings.withLock { $0 } == 2)
    // Nobody was to ask a 41st time: the trace was let go.
    _ = ask(plain)
    #expect(readings.withLock { $0 } == 3)
  }

  @Test func `a rate laid over a reading gives what reading with the rate gives`() throws {
    let directory = try TestDirectory()
    let path = try directory.write(
      "arrived_at,num_prefill_tokens,num_decode_tokens\n0.3,10,5\n1,20,5\n7.77,3,3\n", to: "t.csv")
    var options = TraceOptions()
    options.speedup = 3
    var trace = try readTrace(at: path, options: options)
    options.rate = 0.7
    try trace.applyRate(of: options, path: path)
    let whole = try readTrace(at: path, options: options)
    // Two gaps at 0.7 a second: the last request comes 2 / 0.7 s after the first.
    #expect(whole.requests.arrival.last?.picoseconds == 2_857_142_857_143)
    #expect(trace.requests.arrival == whole.requests.arrival)
    #expect(trace.report.warnings == whole.report.warnings && whole.report.warnings.count == 1)
  }
}
