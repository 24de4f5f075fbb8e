import Testing

@testable import Memory

@Suite struct BlockNumbersTests {
  @Test func `random names keep one number each, and no two share one`() {
    var state: UInt64 = 3
    func below(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    var numbers = BlockNumbers(names: 5000)
    var model: [Int32: Int32] = [:]
    var nameless: [Int32] = []
    for _ in 0..<2000 {
      if below(50) == 0 { nameless += numbers.addNameless() }
      let name = Int32(below(5000))
      if let known = model[name] {
        #expect(numbers.number(of: name) == known)
      }
      let number = numbers.add(name)
      #expect(model[name] ?? number == number)
      model[name] = number
      #expect(number >= 0 && Int(number) < numbers.count)
      #expect(!numbers.isNameless(number))
    }
    let all = Array(model.values) + nameless
    #expect(Set(all).count == all.count)
    #expect(nameless.allSatisfy { numbers.isNameless($0) && Int($0) < numbers.count })
  }

  @Test func `what was never added has no number, unless its neighbours have one`() {
    var numbers = BlockNumbers(names: 1_000_000)
    #expect(numbers.count == 0)
    #expect(numbers.number(of: 999_999) == -1)
    _ = numbers.add(999_999)
    _ = numbers.add(3)
    #expect(numbers.number(of: 500_000) == -1)
    // A page of 64 each.
    #expect(numbers.count == 128)
    #expect(numbers.number(of: 999_999) == 63)
    #expect(numbers.number(of: 3) == 64 + 3)
    #expect(numbers.number(of: 2) == 64 + 2)
  }

  @Test func `a column grows by its filler and never shrinks`() {
    var column: [Int8] = [7]
    column.grow(to: 3, with: -1)
    column.grow(to: 2, with: 5)
    #expect(column == [7, -1, -1])
  }
}
