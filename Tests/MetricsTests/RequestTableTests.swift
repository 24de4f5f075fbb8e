import Metrics
import Testing
import Units

@Suite struct RequestTableTests {
  private func table(_ count: Int) -> RequestTable {
    var table = RequestTable()
    for row in 0..<count { table.append(at: instant(Int64(row)), prompt: 1, output: 1) }
    return table
  }

  @Test func `an open loop has all arrivals and no limit in flight`() {
    for count in 0..<4 { #expect(table(count).released == count) }
    #expect(table(3).concurrency == nil)
  }

  @Test(arguments: 0..<20)
  func `a closed loop has the arrivals at 0 and then one by one`(count: Int) {
    for concurrency in 1..<25 {
      var table = table(count)
      table.close(at: concurrency)
      let first = min(concurrency, count)
      #expect(table.released == first)
      #expect(table.arrival.prefix(first).allSatisfy { $0 == .zero })
      #expect(table.arrival.dropFirst(first).allSatisfy { $0 == .never })
      for row in first..<count {
        table.release(row, at: instant(Int64(row)))
        #expect(table.released == row + 1)
      }
      table.prepareRun()
      #expect(table.released == first && table.concurrency == concurrency)
    }
  }
}
