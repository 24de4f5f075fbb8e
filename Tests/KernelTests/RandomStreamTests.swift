import Kernel
import Testing

@Suite struct RandomStreamTests {
  @Test func `the model gives the published values of MT19937`() {
    // Seed 5489: first value of the reference output; ISO C++ [rand.predef] names the 10,000th.
    var model = MersenneTwister(seed: 5489)
    let draws = (0..<10_000).map { _ in model.next() }
    #expect(draws.first == 3_499_211_612)
    #expect(draws.last == 4_123_659_995)
  }

  /// What a stream must draw: MT19937 seeded by the hash of (seed, name), made odd.
  private func model(seed: UInt64, name: String) -> MersenneTwister {
    let hash = fnv1a(littleEndian(seed) + Array(name.utf8))
    let mixed = SplitMix.finish(hash &+ 0x9E37_79B9_7F4A_7C15)
    return MersenneTwister(seed: UInt32(truncatingIfNeeded: mixed) | 1)
  }

  @Test(arguments: [0, 1, 42, UInt64.max])
  func `a stream is MT19937 seeded by seed and name`(seed: UInt64) {
    for name in ["arrivals", "input_tokens", ""] {
      var stream = RandomStream(seed: seed, name: name)
      var model = model(seed: seed, name: name)
      for _ in 0..<1500 {
        let (draw, expected) = (stream.uniform(), model.next())
        #expect(draw == Double(expected) / 4_294_967_296)
      }
    }
  }

  @Test func `the first draw of seed 1 arrivals is pinned`() {
    var stream = RandomStream(seed: 1, name: "arrivals")
    let draw = stream.uniform()
    #expect(draw == 1_810_759_823.0 / 4_294_967_296)
  }

  private func draws(_ seed: UInt64, _ name: String) -> [Double] {
    var stream = RandomStream(seed: seed, name: name)
    return (0..<20).map { _ in stream.uniform() }
  }

  @Test func `same seed and name give the same draws, another seed or name others`() {
    #expect(draws(1, "arrivals") == draws(1, "arrivals"))
    #expect(draws(1, "arrivals") != draws(2, "arrivals"))
    #expect(draws(1, "arrivals") != draws(1, "arrivalt"))
    #expect(Set(draws(1, "arrivals")).isDisjoint(with: draws(1, "output_tokens")))
  }

  @Test func `two streams alive at once do not disturb each other`() {
    var a = RandomStream(seed: 1, name: "a")
    var b = RandomStream(seed: 1, name: "b")
    var (first, second): ([Double], [Double]) = ([], [])
    for _ in 0..<20 {
      first.append(a.uniform())
      second.append(b.uniform())
    }
    #expect(first == draws(1, "a"))
    #expect(second == draws(1, "b"))
  }

  @Test func `uniform draws lie in their range and fill it`() {
    var stream = RandomStream(seed: 3, name: "uniform")
    var quarters = [0, 0, 0, 0]
    for _ in 0..<4000 {
      let x = stream.uniform(from: -2, to: 6)
      #expect(x >= -2 && x < 6)
      quarters[Int((x + 2) / 2)] += 1
    }
    // Binomial(4000, ¼): mean 1000, σ = √750 < 28.
    for count in quarters { #expect(abs(count - 1000) < 5 * 28) }
  }

  @Test func `whole numbers below a count are equally likely`() {
    var stream = RandomStream(seed: 4, name: "below")
    var counts = Array(repeating: 0, count: 7)
    for _ in 0..<7000 { counts[stream.below(7)] += 1 }
    // Binomial(7000, 1/7): mean 1000, σ = √(1000 · 6/7) < 30.
    for count in counts { #expect(abs(count - 1000) < 5 * 30) }
    let zero = stream.below(1)
    #expect(zero == 0)
  }
}
