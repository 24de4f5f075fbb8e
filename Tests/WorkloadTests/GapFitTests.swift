import Kernel
import Metrics
import Testing
import Units

@testable import Workload

@Suite struct GapFitTests {
  private func fits(_ draw: (inout RandomStream) -> Double) -> [GapFit] {
    var stream = RandomStream(seed: 3, name: "gaps")
    var times = [Instant.zero]
    for _ in 0..<4000 {
      let gap = Int64(draw(&stream) * 1e12)
      times.append(Instant(picoseconds: times[times.count - 1].picoseconds + gap))
    }
    return GapFit.fits(to: times)
  }

  /// 4,000 draws lie within this of their distribution but once in 10,000: 2.23 / √4000.
  private let near = 0.0353

  @Test func `gaps of known distributions are recognised with their parameters`() throws {
    func check(_ name: String, _ values: [Double], _ draw: (inout RandomStream) -> Double) throws {
      let fits = fits(draw)
      #expect(fits.map(\.name).sorted() == ["exponential", "gamma", "lognormal", "weibull"])
      let own = try #require(fits.first { $0.name == name })
      #expect(fits.first?.name == name)
      #expect(own.distance < near)
      for (found, value) in zip(own.parameters.map(\.value), values) {
        #expect(abs(found - value) < 0.06 * abs(value), "\(name) \(own.parameters)")
      }
      #expect(try #require(fits.last).distance > near)
    }
    try check("gamma", [0.3, 2]) { $0.gamma(shape: 0.3, scale: 2) }
    try check("weibull", [0.6, 1.5]) { $0.weibull(shape: 0.6, scale: 1.5) }
    try check("lognormal", [-1, 1.2]) { $0.lognormal(zeta: -1, sigma: 1.2) }
  }

  @Test func `exponential gaps are gammas and weibulls of shape 1`() throws {
    let fits = fits { $0.exponential(mean: 0.25) }
    for fit in fits where fit.name != "lognormal" { #expect(fit.distance < near) }
    let shape = try #require(fits.first { $0.name == "gamma" }?.parameters.first?.value)
    #expect(abs(shape - 1) < 0.06)
  }

  @Test func `few or equal gaps are not fitted`() {
    #expect(GapFit.fits(to: []).isEmpty)
    #expect(GapFit.fits(to: (0..<100).map { Instant(picoseconds: $0 * 1000) }).isEmpty)
    #expect(GapFit.fits(to: [0, 1, 3, 4].map { Instant(picoseconds: $0) }).isEmpty)
  }

  @Test func `the distance of two columns is the largest of their distribution functions`() {
    #expect(kolmogorovSmirnov([1, 2, 3, 4], [3, 4, 1, 2]) == 0)
    #expect(kolmogorovSmirnov([1, 1, 1, 1], [2]) == 1)
    // Below 2 lie 3/4 of one and 1/4 of the other.
    #expect(kolmogorovSmirnov([1, 1, 1, 5], [1, 5, 5, 5]) == 0.5)
  }
}
