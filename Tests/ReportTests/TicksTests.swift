import Report
import Testing

@Suite struct TicksTests {
  private func texts(_ values: [Double], log: Bool = false, fromZero: Bool = false) -> [String] {
    Ticks(Figure.Axis("", isLogarithmic: log), values, fromZero: fromZero).labels.map(\.text)
  }

  @Test func `labels are round numbers with as many decimals as needed`() {
    #expect(texts([0, 97]) == ["0", "20", "40", "60", "80", "100"])
    #expect(texts([6.48, 8.98]) == ["6", "6.5", "7", "7.5", "8", "8.5", "9"])
    #expect(texts([4, 5], fromZero: true).first == "0")
    #expect(texts([0, 24_000]) == ["0", "5 k", "10 k", "15 k", "20 k", "25 k"])
    #expect(texts([0, 1.9e12]).last == "2 T")
    #expect(texts([0, 0.000_03]).last == "3e-5")
  }

  @Test func `a logarithmic axis has powers of ten and what lies between when there are few`() {
    #expect(texts([1, 5000], log: true) == ["1", "10", "100", "1000"])
    #expect(texts([20, 90], log: true) == ["20", "50", "100"])
    #expect(texts([1e-9, 1e9], log: true).count < 9)
  }

  @Test func `one value, equal values and no value have an axis with some length`() {
    for values in [[], [0], [5, 5], [-3], [1e300], [-1e300, 1e300], [0, .leastNonzeroMagnitude]]
      as [[Double]]
    {
      let ticks = Ticks(Figure.Axis(""), values, fromZero: false)
      #expect(ticks.low < ticks.high, "\(values)")
      for value in values { #expect(ticks.low <= value && value <= ticks.high, "\(values)") }
    }
    let ticks = Ticks(Figure.Axis("", isLogarithmic: true), [7], fromZero: true)
    #expect(ticks.low < 7 && 7 < ticks.high && !ticks.labels.isEmpty)
  }

  @Test func `numbers in tables have four digits, thousands grouped`() {
    let values: [Double] = [1234.5, 12.345, 0.001_234_56, -98_765.4, 0, 100, 0.5]
    let words = values.map { NumberWords.short($0) }
    #expect(words == ["1,234", "12.34", "0.001235", "-98,765", "0", "100", "0.5"])
    #expect(NumberWords.short(.nan) == "")
  }
}
