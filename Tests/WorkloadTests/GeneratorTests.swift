import Kernel
import Metrics
import Testing
import Units
import Workload

@Suite struct GeneratorTests {
  private func generator(
    _ arrivals: ArrivalProcess = .poisson(rate: 5), input: Distribution.Family = .fixed(value: 100),
    output: Distribution.Family = .fixed(value: 10), requests: Int? = 1000
  ) throws -> Generator {
    var generator = Generator(
      arrivals: arrivals, inputTokens: try Distribution(input),
      outputTokens: try Distribution(output))
    generator.requests = requests
    return generator
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  private func gaps(_ requests: RequestTable) -> [Double] {
    let starts = [Instant.zero] + requests.arrival
    return zip(starts, requests.arrival).map { Double($1 - $0) * 1e-12 }
  }

  // Means lie within 4.5 standard errors: one such check in 150,000 fails by chance, and with a
  // fixed seed none does.
  @Test(arguments: [0.5, 1, 3])
  func `gaps have the mean and spread asked for`(cv: Double) throws {
    let count = 200_000
    let process = cv == 1 ? ArrivalProcess.poisson(rate: 5) : .gamma(rate: 5, cv: cv)
    let gaps = gaps(try generator(process, requests: count).generate(seed: 11))
    let sigma = cv / 5
    #expect(abs(mean(gaps) - 0.2) < 4.5 * sigma / Double(count).squareRoot())
    // The variance of a sample variance is σ⁴ (κ − 1) / n; a gamma has kurtosis κ = 3 + 6 cv².
    let variance = mean(gaps.map { ($0 - 0.2) * ($0 - 0.2) })
    let error = sigma * sigma * ((2 + 6 * cv * cv) / Double(count)).squareRoot()
    #expect(abs(variance - sigma * sigma) < 4.5 * error)
  }

  @Test func `lengths have the mean asked for`() throws {
    let count = 200_000
    let made = try generator(
      .burst, input: .lognormal(mean: 512, cv: 1), output: .exponential(mean: 128), requests: count)
    let requests = try made.generate(seed: 12)
    let root = Double(count).squareRoot()
    #expect(abs(mean(requests.prompt.map(Double.init)) - 512) < 4.5 * 512 / root)
    // Rounded to at least 1, an exponential of mean m gains less than 0.5² / 2m.
    #expect(abs(mean(requests.output.map(Double.init)) - 128) < 4.5 * 128 / root + 0.002)
  }

  @Test func `fixed gaps begin at 0 and do not drift`() throws {
    let requests = try generator(.fixed(rate: 3), requests: 3_000_001).generate(seed: 1)
    #expect(requests.arrival[0] == .zero)
    #expect(requests.arrival[1] == Instant(picoseconds: 333_333_333_333))
    #expect(requests.arrival.last == Instant(picoseconds: 1_000_000_000_000_000_000))
  }

  @Test func `a burst is all at 0`() throws {
    let requests = try generator(.burst, requests: 50).generate(seed: 1)
    #expect(requests.arrival == Array(repeating: .zero, count: 50))
  }

  @Test func `a closed loop begins at 0 and draws the lengths of any other process`() throws {
    let lengths = Distribution.Family.exponential(mean: 90)
    let closed = try generator(.closed(concurrency: 8), input: lengths, output: lengths)
      .generate(seed: 3)
    let poisson = try generator(input: lengths, output: lengths).generate(seed: 3)
    #expect(closed.prompt == poisson.prompt && closed.output == poisson.output)
    #expect(closed.concurrency == 8 && closed.released == 8)
    #expect(closed.arrival[7] == .zero && closed.arrival[8] == .never)
    #expect(poisson.concurrency == nil)
  }

  @Test func `the same seed repeats, another does not`() throws {
    let made = try generator(output: .exponential(mean: 50))
    let (a, b, c) = (
      try made.generate(seed: 3), try made.generate(seed: 3), try made.generate(seed: 4)
    )
    #expect(a.arrival == b.arrival && a.output == b.output)
    #expect(a.arrival != c.arrival && a.output != c.output)
  }

  @Test func `changing one distribution moves nothing of the others`() throws {
    let a = try generator(input: .exponential(mean: 90), output: .exponential(mean: 50))
      .generate(seed: 3)
    let b = try generator(input: .exponential(mean: 90), output: .gamma(mean: 20, cv: 2))
      .generate(seed: 3)
    let c = try generator(
      .gamma(rate: 1, cv: 2), input: .exponential(mean: 90), output: .exponential(mean: 50)
    ).generate(seed: 3)
    #expect(a.arrival == b.arrival && a.prompt == b.prompt && a.output != b.output)
    #expect(a.prompt == c.prompt && a.output == c.output && a.arrival != c.arrival)
  }

  @Test func `a duration keeps the arrivals before its end`() throws {
    var made = try generator(.fixed(rate: 4), requests: nil)
    made.duration = Seconds(2.5)
    #expect(try made.generate(seed: 1).count == 10)
    made.arrivals = .poisson(rate: 4)
    made.duration = Seconds(5000)
    let requests = try made.generate(seed: 1)
    #expect(try #require(requests.arrival.last) < Instant(picoseconds: 5_000_000_000_000_000))
    // Poisson with mean 20,000.
    #expect(abs(Double(requests.count) - 20_000) < 4.5 * 20_000.0.squareRoot())
    // The same process as with a count.
    let counted = try generator(.poisson(rate: 4), requests: requests.count).generate(seed: 1)
    #expect(counted.arrival == requests.arrival)
  }

  @Test func `pairs above the total are drawn again`() throws {
    var made = try generator(input: .uniform(min: 1, max: 100), output: .uniform(min: 1, max: 100))
    made.maxTotalTokens = 60
    let requests = try made.generate(seed: 5)
    let sums = zip(requests.prompt, requests.output).map { $0 + $1 }
    #expect(requests.count == 1000)
    #expect(try #require(sums.max()) <= 60)
    #expect(try #require(sums.max()) > 55)
    #expect(Set(requests.prompt).count > 40)
  }

  @Test func `settings that cannot be met are refused`() throws {
    func refusal(_ change: (inout Generator) -> Void) throws -> String {
      var made = try generator()
      change(&made)
      do {
        _ = try made.generate(seed: 1)
        return "none"
      } catch { return error.description }
    }
    #expect(try refusal { $0.requests = nil } == "generate: give requests or duration")
    #expect(
      try refusal { $0.duration = Seconds(1) }
        == "generate: give either requests or duration, not both")
    #expect(try refusal { $0.requests = 0 }.contains("requests 0 must lie in 1..."))
    #expect(try refusal { $0.arrivals = .poisson(rate: 0) }.contains("rate 0.0 must be above 0"))
    #expect(
      try refusal { $0.arrivals = .gamma(rate: 1, cv: -1) }.contains("cv -1.0 must be above 0"))
    #expect(try refusal { $0.arrivals = .fixed(rate: .nan) }.contains("rate nan must be above 0"))
    #expect(try refusal { $0.maxTotalTokens = 1 }.contains("must be at least 2"))
    #expect(
      try refusal { $0.maxTotalTokens = 109 }.contains("10000 pairs of lengths in a row exceed"))
    #expect(try refusal { $0.arrivals = .fixed(rate: 1e-7) }.contains("after over 106 days"))
    #expect(
      try refusal { ($0.requests, $0.duration, $0.arrivals) = (nil, Seconds(1), .burst) }
        .contains("a burst has no duration"))
    #expect(try refusal { $0.arrivals = .closed(concurrency: 0) }.contains("must be at least 1"))
    #expect(
      try refusal {
        ($0.requests, $0.duration, $0.arrivals) = (nil, Seconds(1), .closed(concurrency: 2))
      }.contains("a closed loop has no duration; give requests"))
    #expect(
      try refusal { ($0.requests, $0.duration) = (nil, Seconds(-1)) }.contains("must be above 0"))
    #expect(
      try refusal { ($0.requests, $0.duration) = (nil, Seconds(1e9)) }.contains("at most 106 days"))
  }
}
