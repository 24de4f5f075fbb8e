import Metrics
import Testing

@Suite struct RoundingTests {
  @Test(
    arguments: [
      (1, 2, 0), (3, 2, 2), (5, 2, 2), (7, 3, 2), (8, 3, 3), (-1, 2, 0), (-3, 2, -2), (-7, 3, -2),
      (-8, 3, -3), (0, 5, 0), (9, 3, 3),
    ] as [(Int64, Int64, Int64)])
  func `quotients round to the nearest, ties to even`(_ a: Int64, _ b: Int64, _ answer: Int64) {
    #expect(roundedQuotient(a, b) == answer)
    #expect(roundedQuotient(Int128(a) << 70, Int128(b) << 70) == answer)
  }

  @Test func `fixed decimals keep sign and leading zeros`() {
    #expect(3.05.fixed(2) == "3.05")
    #expect((-0.001).fixed(2) == "0.00")
    #expect((-1.5).fixed(0) == "-2")
    #expect(0.0625.fixed(3) == "0.062")
    #expect(Double.infinity.fixed(2) == "inf")
  }
}
