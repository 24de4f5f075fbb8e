import Testing
import Units

@Suite struct InstantTests {
  @Test(arguments: [
    (1.4e-12, 1), (1.5e-12, 2), (2.4e-12, 2), (2.5e-12, 3), (3.5e-12, 4),
    (0.25, 250_000_000_000), (1.0, 1_000_000_000_000), (7e-9, 7000),
  ])
  func `a delay is rounded half up to whole picoseconds`(seconds: Double, picoseconds: Int64) {
    #expect((Instant.zero + Seconds(seconds)).picoseconds == picoseconds)
    let start = Instant(picoseconds: 123_456_789)
    #expect((start + Seconds(seconds)).picoseconds == 123_456_789 + picoseconds)
  }

  @Test(arguments: [0.0, 1e-13, 4.9e-13, 1e-300])
  func `no delay is shorter than a picosecond`(seconds: Double) {
    #expect(Instant.zero + Seconds(seconds) == Instant(picoseconds: 1))
  }

  @Test func `rounding happens once a step, not once a run`() {
    // 1.4 ps thrice: three roundings give 3 ps, one rounding of 4.2 ps would give 4.
    var time = Instant.zero
    for _ in 0..<3 { time = time + Seconds(1.4e-12) }
    #expect(time.picoseconds == 3)
  }

  @Test func `a delay added late in a run is as exact as one added at the start`() {
    let day = Instant(picoseconds: 86_400 * 1_000_000_000_000)
    #expect((day + Seconds(1e-12)) - day == 1)
    #expect((day + Seconds(0.0125)) - day == 12_500_000_000)
  }

  @Test func `instants are ordered by time and never comes last`() {
    let times = [5, 0, -3, 2].map { Instant(picoseconds: $0) } + [.never, .zero]
    #expect(times.sorted().map(\.picoseconds) == [-3, 0, 0, 2, 5, .max])
    #expect(Instant(picoseconds: .max - 1) < .never)
    #expect(!(Instant.never < .never))
  }

  @Test func `a difference is signed picoseconds`() {
    let (early, late) = (Instant(picoseconds: 40), Instant(picoseconds: 100))
    #expect(late - early == 60)
    #expect(early - late == -60)
  }

  @Test func `seconds since the start are picoseconds over 10 to the 12th`() {
    #expect(Instant(picoseconds: 2_500_000_000_000).seconds == Seconds(2.5))
    #expect(Instant.zero.seconds == Seconds(0))
  }
}
