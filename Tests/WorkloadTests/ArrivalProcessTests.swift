internal import CGSL
import Kernel
import Metrics
import TestSupport
import Testing
import Units
import Workload

/// Bounds are 4.5 standard errors of theory: one such check in 150,000 fails by chance, and with
/// fixed seeds none does.
@Suite struct ArrivalProcessTests {
  private func arrivals(
    _ process: ArrivalProcess, requests: Int? = nil, duration: Double? = nil, seed: UInt64 = 1
  ) throws -> [Double] {
    var generator = Generator(
      arrivals: process, inputTokens: try Distribution(.fixed(value: 1)),
      outputTokens: try Distribution(.fixed(value: 1)))
    generator.requests = requests
    generator.duration = duration.map { Seconds($0) }
    return try generator.generate(seed: seed).arrival.map { Double($0.picoseconds) * 1e-12 }
  }

  private func onOff(_ on: Double, _ off: Double, _ onTime: Double, _ offTime: Double)
    -> ArrivalProcess
  {
    .mmpp(.init(onRate: on, offRate: off, onTime: Seconds(onTime), offTime: Seconds(offTime)))
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  @Test(arguments: [(20.0, 0.0, 2.0, 6.0), (12, 1, 5, 5), (3, 3, 1, 9), (0, 8, 4, 1)])
  func `an on-off process has its mean rate and the gap CV of the closed form`(
    on: Double, off: Double, onTime: Double, offTime: Double
  ) throws {
    let process = onOff(on, off, onTime, offTime)
    let expected = (on * onTime + off * offTime) / (onTime + offTime)
    #expect(abs(process.rate - expected) < 1e-12)
    // Fischer and Meier-Hellstern 1993, eq. 16: squared CV of the gaps between arrivals.
    let (r1, r2) = (1 / onTime, 1 / offTime)
    let spread = (on - off) * (on - off) * r1 * r2
    let squared = 1 + 2 * spread / ((r1 + r2) * (r1 + r2) * (on * off + on * r2 + off * r1))
    let (runs, span) = (isDebug ? 30 : 100, 4000.0)
    var (rates, cvs): ([Double], [Double]) = ([], [])
    for seed in 0..<runs {
      let times = try arrivals(process, duration: span, seed: UInt64(seed))
      rates.append(Double(times.count) / span)
      let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
      let center = mean(gaps)
      cvs.append(mean(gaps.map { ($0 - center) * ($0 - center) }) / (center * center))
    }
    for (values, theory) in [(rates, expected), (cvs, squared)] {
      let center = mean(values)
      let variance = mean(values.map { ($0 - center) * ($0 - center) })
      let error = (variance / Double(runs - 1)).squareRoot()
      #expect(abs(center - theory) < 4.5 * error + 1e-3 * theory, "\(center) \(theory) \(error)")
      #expect(error < 0.04 * theory)
    }
  }

  @Test func `an on-off process is in equilibrium from the start`() throws {
    // On a tenth of the time; arrivals in the first 0.1 s average the mean rate over seeds.
    let process = onOff(100, 0, 5, 45)
    let seeds = isDebug ? 2000 : 20_000
    var (total, begun) = (0.0, 0)
    for seed in 0..<seeds {
      let count = try arrivals(process, duration: 0.1, seed: UInt64(seed)).count
      total += Double(count)
      begun += count > 0 ? 1 : 0
    }
    // Given on, a count has mean 10 and variance 10; so N has variance 10 · 0.1 + 100 · 0.09.
    let error = (10.0 / Double(seeds)).squareRoot()
    #expect(abs(total / Double(seeds) - 1) < 4.5 * error)
    #expect(abs(Double(begun) / Double(seeds) - 0.1) < 4.5 * (0.09 / Double(seeds)).squareRoot())
  }

  @Test func `a rate of 0 leaves gaps and the other state its own`() throws {
    // Gaps within a burst are exponential: their median is far below the time off.
    let times = try arrivals(onOff(1000, 0, 1, 1000), requests: 20_000)
    let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
    #expect(gaps.count { $0 > 10 } > 3)
    let short = gaps.filter { $0 < 0.05 }
    #expect(abs(mean(short) - 1e-3) < 4.5 * 1e-3 / Double(short.count).squareRoot())
  }

  @Test(arguments: [(0.6, 0.0), (1.0, 0.0), (0.6, 700.0)])
  func `counts of each part of a day are those of the sine`(
    amplitude: Double, phase: Double
  ) throws {
    let (rate, period, days, parts) = (2.0, 1000.0, isDebug ? 20 : 200, 10)
    let process = ArrivalProcess.diurnal(
      .init(rate: rate, amplitude: amplitude, period: Seconds(period), phase: Seconds(phase)))
    let times = try arrivals(process, duration: period * Double(days), seed: 5)
    var counts = [Double](repeating: 0, count: parts)
    for time in times {
      let place = time / period
      counts[Int((place - place.rounded(.down)) * Double(parts))] += 1
    }
    var chi = 0.0
    for part in 0..<parts {
      // ∫ of 1 + a sin(2π (t + φ)/T) over the part.
      func integral(_ t: Double) -> Double {
        let angle = 2 * Double.pi * (t + phase) / period
        return t - amplitude * period / (2 * Double.pi) * cgsl_sin(angle + Double.pi / 2)
      }
      let width = period / Double(parts)
      let theory =
        Double(days) * rate * (integral(Double(part + 1) * width) - integral(Double(part) * width))
      #expect(abs(counts[part] - theory) < 4.5 * theory.squareRoot(), "part \(part)")
      chi += (counts[part] - theory) * (counts[part] - theory) / theory
    }
    #expect(gsl_cdf_chisq_Q(chi, Double(parts)) > 1e-4)
    let total = rate * period * Double(days)
    #expect(abs(Double(times.count) - total) < 4.5 * total.squareRoot())
  }

  @Test func `scaling keeps the shape`() throws {
    let process = onOff(8, 2, 3, 9)
    let scaled = try #require(process.scaled(to: 7))
    #expect(abs(scaled.rate - 7) < 1e-12 && scaled == onOff(16, 4, 3, 9))
    #expect(ArrivalProcess.burst.scaled(to: 3) == nil)
    #expect(ArrivalProcess.closed(concurrency: 2).scaled(to: 3) == nil)
    #expect(ArrivalProcess.gamma(rate: 2, cv: 3).scaled(to: 5) == .gamma(rate: 5, cv: 3))
  }

  @Test func `processes that do not exist are refused`() throws {
    func refusal(_ process: ArrivalProcess) -> String {
      do {
        _ = try arrivals(process, requests: 3)
        return "none"
      } catch { return "\(error)" }
    }
    #expect(refusal(onOff(0, 0, 1, 1)).contains("mean rate 0.0 must be above 0"))
    #expect(refusal(onOff(-1, 5, 1, 1)).contains("must not be negative"))
    #expect(refusal(onOff(1, 0, 0, 1)).contains("on_time 0.0 must be above 0"))
    let flat = ArrivalProcess.Tide(
      rate: 1, amplitude: 1.5, period: Seconds(10), phase: Seconds(0))
    #expect(refusal(.diurnal(flat)).contains("amplitude 1.5 must lie in 0...1"))
    #expect(refusal(onOff(1e-9, 0, 1, 1e6)).contains("after over 106 days"))
  }
}
