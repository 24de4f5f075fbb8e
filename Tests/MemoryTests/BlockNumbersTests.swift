import Testing

@testable import Memory

@Suite struct BlockNumbersTests {
  @Test func `random names keep one number each until they are freed, and no two share one`() {
    var state: UInt64 = 3
    func below(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    var numbers = BlockNumbers()
    var model: [Int32: Int32] = [:]
    var nameless: [Int32] = []
    for step in 0..<20_000 {
      let name = Int32(below(step < 10_000 ? 600 : 5000))
      #expect(numbers.number(of: name) == model[name] ?? -1)
      if below(3) == 0, let number = model.removeValue(forKey: name) {
        numbers.free(number)
        #expect(numbers.number(of: name) == -1)
      } else if below(20) == 0 {
        nameless.append(numbers.addNameless())
      } else if below(40) == 0, let number = nameless.popLast() {
        numbers.free(number)
      } else {
        let number = numbers.add(name)
        #expect(model[name] ?? number == number)
        model[name] = number
        #expect(number >= 0 && Int(number) < numbers.count)
        #expect(!numbers.isNameless(number) && numbers.name(of: number) == name)
      }
    }
    let all = Array(model.values) + nameless
    #expect(Set(all).count == all.count)
    #expect(nameless.allSatisfy { numbers.isNameless($0) && Int($0) < numbers.count })
    for (name, number) in model { #expect(numbers.number(of: name) == number) }
  }

  @Test func `numbers are as many as blocks are known at once, whatever their names`() {
    var numbers = BlockNumbers()
    #expect(numbers.count == 0)
    #expect(numbers.number(of: 999_999) == -1)
    for name in Int32(0)..<10_000 {
      let number = numbers.add(1_000_000 + 977 * name)
      #expect(number == name % 100)
      if name % 100 == 99 { for number in (Int32(0)..<100).reversed() { numbers.free(number) } }
    }
    // In strides of 64.
    #expect(numbers.count == 128)
  }

  @Test func `a column grows by its filler and never shrinks`() {
    var column: [Int8] = [7]
    column.grow(to: 3, with: -1)
    column.grow(to: 2, with: 5)
    #expect(column == [7, -1, -1])
  }
}
