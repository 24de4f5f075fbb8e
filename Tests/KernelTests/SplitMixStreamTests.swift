import Kernel
import Testing

@Suite struct SplitMixStreamTests {
  @Test func `a copy goes on with the same draws, other names and seeds with others`() {
    var stream = SplitMixStream(seed: 1, name: "a")
    _ = stream.next()
    var copy = stream
    let draws = (0..<10).map { _ in stream.next() }
    #expect(draws == (0..<10).map { _ in copy.next() })
    var (named, seeded) = (
      SplitMixStream(seed: 1, name: "b"), SplitMixStream(seed: 2, name: "a")
    )
    #expect(!draws.contains(named.next()) && !draws.contains(seeded.next()))
  }

  @Test func `whole numbers below a bound are even and stay below it`() {
    var stream = SplitMixStream(seed: 5, name: "even")
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[stream.below(7)] += 1 }
    // Five standard deviations of a binomial with 70,000 draws and probability 1/7: 463.
    #expect(counts.allSatisfy { abs($0 - 10_000) < 463 })
    #expect((0..<100).allSatisfy { _ in stream.below(1) == 0 })
  }

  @Test func `numbers at keys lie in 0 to 1, are even and do not depend on draws`() {
    var stream = SplitMixStream(seed: 5, name: "keys")
    let before = (0..<UInt64(10_000)).map { stream.uniform(at: $0) }
    _ = stream.below(10)
    #expect(before.allSatisfy { $0 >= 0 && $0 < 1 })
    // Five standard errors of the mean: 5 / sqrt(12 · 10,000) = 0.0144.
    #expect(abs(before.reduce(0, +) / 10_000 - 0.5) < 0.0144)
    let fresh = SplitMixStream(seed: 5, name: "keys")
    #expect(before == (0..<UInt64(10_000)).map { fresh.uniform(at: $0) })
  }
}
