import Metrics
import Testing
import Units
import Workload

@Suite struct TraceTests {
  static let header = "arrived_at,num_prefill_tokens,num_decode_tokens\n"

  @Test func `the first row counts as time 0 even when it is dropped`() throws {
    let trace = try read(Self.header + "100,5,0\n103.5,5,1\n104,6,2\n")
    #expect(trace.arrivals == [3_500_000_000_000, 4_000_000_000_000])
    #expect(trace.drops == ["num_decode_tokens is 0: 1 from 2"])
  }

  @Test(arguments: [
    ("1,2", "too few fields"), ("1,2,3,4", "too many fields"),
    ("1,,3", "num_prefill_tokens is empty"),
    ("1,abc,3", "num_prefill_tokens is not a whole number"),
    ("1,-5,3", "num_prefill_tokens is negative"),
    ("1,18.5,3", "num_prefill_tokens is not a whole number"),
    ("1,NaN,3", "num_prefill_tokens is not a whole number"),
    ("1,1e10,3", "num_prefill_tokens is too large"), ("1,1,234,5", "too many fields"),
    ("1,\"1,234\",5", "num_prefill_tokens is not a whole number"),
    ("1,\"2,3", "a quoted field does not end where it should"),
    ("1,\"2\"x,3", "a quoted field does not end where it should"),
    ("1,3000000000,3", "num_prefill_tokens is too large"), ("1,0,3", "num_prefill_tokens is 0"),
    ("1,2,1e-1", "num_decode_tokens is not a whole number"),
    ("1,1 2,3", "num_prefill_tokens is not a whole number"),
    ("1,+2,3", "num_prefill_tokens is not a whole number"),
  ])
  func `a bad row is dropped and counted under its reason`(bad: String, reason: String) throws {
    let trace = try read(Self.header + "0,1,1\n\(bad)\n2,1,1\n\(bad)\n")
    #expect(trace.drops == ["\(reason): 2 from 3"])
    #expect(trace.report.rowsRead == 4)
    #expect(trace.report.kept == 2)
    #expect(trace.report.warnings.count == 1)
    #expect(trace.report.warnings[0].contains(":3: "))
  }

  @Test func `whole numbers may be written with a fraction of 0 or an exponent`() throws {
    let trace = try read(Self.header + "0,18.0,1e3\n0,1.20e1,2147483647\n")
    #expect(trace.prompts == [18, 12])
    #expect(trace.outputs == [1000, 2_147_483_647])
  }

  @Test func `mixed line ends, blank lines and a missing last newline lose no row`() throws {
    let text = "\n\r\n" + Self.header + "0,1,1\r\n\n1,2,2\n  \n2,3,3"
    let trace = try read(text)
    #expect(trace.prompts == [1, 2, 3])
    #expect(trace.report.blankLines == 4)
    #expect(trace.report.rowsRead == 3)
  }

  @Test func `reasons stand in order of first appearance and add up`() throws {
    let text = Self.header + "0,0,1\n0,1,0\n0,x,1\n0,1,0\n1,1,1\n"
    let trace = try read(text)
    #expect(
      trace.drops == [
        "num_prefill_tokens is 0: 1 from 2", "num_decode_tokens is 0: 2 from 3",
        "num_prefill_tokens is not a whole number: 1 from 4",
      ])
    let dropped = trace.report.dropped.reduce(0) { $0 + $1.count }
    #expect(trace.report.rowsRead == trace.report.kept + dropped)
  }

  @Test func `the limit counts kept rows and stops reading`() throws {
    let text = Self.header + "0,1,0\n1,1,1\n2,2,2\n3,3,3\nrubbish\n"
    let trace = try read(text) { $0.limit = 2 }
    #expect(trace.prompts == [1, 2])
    #expect(trace.report.rowsRead == 3)
    let other = try read(Self.header + "0,1,0\n1,1,1\n2,2,2\n") { $0.limit = 2 }
    #expect(trace.report.contentHash == other.report.contentHash)
  }

  @Test func `speedup divides and rate rescales`() throws {
    let text = Self.header + "0,1,1\n3,1,1\n9,1,1\n"
    #expect(
      try read(text) { $0.speedup = 3 }.arrivals == [0, 1_000_000_000_000, 3_000_000_000_000])
    #expect(try read(text) { $0.speedup = 0.5 }.arrivals.last == 18_000_000_000_000)
    // (3 − 1) / last = 4 → last = 0.5 s, the middle at a third of it.
    let scaled = try read(text) { $0.rate = 4 }
    #expect(scaled.arrivals == [0, 166_666_666_667, 500_000_000_000])
    let both = try read(text) { ($0.rate, $0.speedup) = (4, 2) }
    #expect(both.arrivals.last == 500_000_000_000)
    #expect(both.report.warnings.count == 1)
  }

  @Test func `a speedup of two halves every picosecond, rounded half up`() throws {
    let text = Self.header + "0,1,1\n9000000.000000000001,1,1\n9000000.000000000003,1,1\n"
    let trace = try read(text) { $0.speedup = 2 }
    #expect(trace.arrivals == [0, 4_500_000_000_000_000_001, 4_500_000_000_000_000_002])
  }

  @Test func `a span over 106 days needs a limit or a speedup`() throws {
    let text = Self.header + "0,1,1\n1,1,1\n9500000,1,1\n"
    let message = try #require(try refusal(text))
    #expect(message.hasPrefix("trace.txt:4: arrives over 106 days after the first row"))
    #expect(message.contains("limit or speedup"))
    #expect(try read(text) { $0.limit = 2 }.arrivals.count == 2)
    #expect(
      try read(text) { $0.speedup = 2 }.arrivals == [0, 500_000_000_000, 4_750_000_000_000_000_000])
  }

  @Test(arguments: [
    ("limit", "limit 0 must be at least 1"), ("speedup", "speedup -1.0 must be above 0"),
    ("nan", "speedup nan must be above 0"), ("rate", "rate 0.0 must be above 0 requests/s"),
  ])
  func `options that mean nothing are refused`(option: String, message: String) throws {
    let found = try refusal(Self.header + "0,1,1\n") {
      switch option {
      case "limit": $0.limit = 0
      case "speedup": $0.speedup = -1
      case "nan": $0.speedup = .nan
      default: $0.rate = 0
      }
    }
    #expect(found == "trace.txt: \(message)")
  }

  @Test func `one time for all requests cannot be rescaled`() throws {
    let found = try refusal(Self.header + "1,1,1\n1,1,1\n") { $0.rate = 2 }
    #expect(found?.contains("all its requests arrive at one time") == true)
  }

  @Test func `a rate beyond every service is doubted`() throws {
    let rows = (0..<100).map { "\(Double($0) * 1e-6),1,1" }.joined(separator: "\n")
    let trace = try read(Self.header + rows)
    #expect(trace.report.warnings.count == 1)
    #expect(trace.report.warnings[0].contains("are its times in another unit?"))
  }

  @Test func `the chunk size shows in nothing`() throws {
    var text = "\r\n" + Self.header
    for i in 0..<3000 {
      text += "\(Double((i * 7919) % 5000) / 8),\(i % 11),\(1 + i % 5)\(i % 3 == 0 ? "\r\n" : "\n")"
    }
    let file = try TestFile(text)
    let whole = try readTrace(at: file.path, options: TraceOptions())
    #expect(whole.report.kept > 2700)
    for chunk in [1, 7, 4096] {
      let trace = try readTrace(at: file.path, options: TraceOptions(), chunk: chunk)
      #expect(trace.arrivals == whole.arrivals)
      #expect(trace.prompts == whole.prompts)
      #expect(trace.outputs == whole.outputs)
      #expect(trace.report.contentHash == whole.report.contentHash)
      #expect(trace.report.warnings == whole.report.warnings)
      #expect(trace.drops == whole.drops)
    }
  }

  @Test func `a file of several chunks loses nothing at their borders`() throws {
    var text = "arrived_at,num_prefill_tokens,num_decode_tokens\n"
    let count = 120_000
    for i in 0..<count { text += "\(i).000000,\(1 + i % 1000),\(1 + i % 7)\n" }
    #expect(text.utf8.count > 2 << 20)
    let trace = try read(text)
    #expect(trace.report.rowsRead == count)
    #expect(trace.arrivals == (0..<count).map { Int64($0) * 1_000_000_000_000 })
    #expect(trace.prompts == (0..<count).map { Int32(1 + $0 % 1000) })
  }

  @Test func `a closed loop replays rows in the order of the file, whatever their times`() throws {
    let trace = try read(Self.header + "9,1,10\n4,2,20\n9e9,3,30\n5,0,1\n5,4,40\n") {
      $0.concurrency = 2
    }
    #expect(trace.prompts == [1, 2, 3, 4] && trace.outputs == [10, 20, 30, 40])
    #expect(trace.requests.arrival == [.zero, .zero, .never, .never])
    #expect(trace.requests.concurrency == 2)
    #expect(trace.drops == ["num_prefill_tokens is 0: 1 from 5"])
    // One for the dropped row, none for times that nobody reads.
    #expect(trace.report.warnings.count == 1)
  }

  @Test func `a closed loop has requests in flight, but no pace of its own`() throws {
    func refusal(_ change: (inout TraceOptions) -> Void) throws -> String? {
      try WorkloadTests.refusal(Self.header + "0,1,1\n", change)
    }
    #expect(try refusal { $0.concurrency = 0 } == "trace.txt: concurrency 0 must be at least 1")
    let pace = "trace.txt: a closed loop ignores recorded times; leave speedup and rate out"
    #expect(try refusal { ($0.concurrency, $0.rate) = (1, 3) } == pace)
    #expect(try refusal { ($0.concurrency, $0.speedup) = (1, 3) } == pace)
    #expect(try refusal { $0.concurrency = 1 } == nil)
  }
}
