import Kernel
import Metrics
import Testing
import Units
import Workload

@Suite struct VidurTests {
  static let header = "arrived_at,num_prefill_tokens,num_decode_tokens\n"

  @Test(arguments: [
    ("5.8926549999999995", 5_892_655_000_000), ("0.000000000001", 1), ("0.0000000000005", 1),
    ("0.00000000000049999999999999999999", 0), ("1e-6", 1_000_000),
    ("1.5E3", 1_500_000_000_000_000),
    ("9007199.254740993001", 9_007_199_254_740_993_001), ("0.1", 100_000_000_000),
    ("000.25", 250_000_000_000), ("0e999999999", 0),
    ("12345678901234567890123456e-24", 12_345_678_901_235),
  ])
  func `seconds become picoseconds, rounded once`(seconds: String, picoseconds: Int64) throws {
    let trace = try read(Self.header + "0.0,1,1\n\(seconds),1,1\n")
    #expect(trace.arrivals == [0, picoseconds])
  }

  @Test(arguments: [
    ("NaN", "arrived_at is not a number"), ("-1", "arrived_at is negative"),
    ("", "arrived_at is empty"), ("1e400", "arrived_at is too large"),
    ("1.", "arrived_at is not a number"), ("0x10", "arrived_at is not a number"),
    ("1e", "arrived_at is not a number"), ("inf", "arrived_at is not a number"),
  ])
  func `what are no seconds is dropped`(text: String, reason: String) throws {
    let trace = try read(Self.header + "0.0,1,1\n\(text),1,1\n2,1,1\n")
    #expect(trace.drops == ["\(reason): 1 from 3"])
    #expect(trace.arrivals == [0, 2_000_000_000_000])
  }

  @Test func `what is written reads back as the same table`() throws {
    var generator = Generator(
      arrivals: .gamma(rate: 3, cv: 4),
      inputTokens: try Distribution(.lognormal(mean: 700, cv: 2)),
      outputTokens: try Distribution(.exponential(mean: 90)))
    generator.requests = 5000
    let requests = try generator.generate(seed: 9)
    let trace = try read(TraceWriter(requests, as: .vidur).bytes) { $0.rebase = false }
    #expect(trace.requests.arrival == requests.arrival)
    #expect(trace.prompts == requests.prompt)
    #expect(trace.outputs == requests.output)
    let rebased = try read(TraceWriter(requests, as: .vidur).bytes)
    let first = try #require(requests.arrival.first)
    #expect(rebased.arrivals == requests.arrival.map { $0 - first })
  }

  @Test func `seconds are written with twelve decimals`() throws {
    var requests = RequestTable()
    requests.append(at: Instant(picoseconds: 7), prompt: 12, output: 3)
    requests.append(at: Instant(picoseconds: 12_000_000_000_340), prompt: 1, output: 2_147_483_647)
    let text = String(decoding: TraceWriter(requests, as: .vidur).bytes, as: UTF8.self)
    #expect(
      text == Self.header + "0.000000000007,12,3\n12.000000000340,1,2147483647\n")
  }
}
