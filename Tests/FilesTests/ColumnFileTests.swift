import Files
import TestSupport
import Testing

@Suite struct ColumnFileTests {
  private func file(_ text: String, _ names: [String]? = nil) throws -> ColumnFile {
    try ColumnFile(Array(text.utf8), path: "t.csv", names)
  }

  @Test func `quoted cells keep commas, quotes and line breaks`() throws {
    let file = try file("\u{FEFF}name,rate\r\n\"a, \"\"b\"\"\nc\",2.5\r\n\r\nd,\r\n,7")
    #expect(file.columns == ["name", "rate"])
    #expect(file.texts(0) == ["a, \"b\"\nc", "d", ""])
    #expect(file.texts(1) == ["2.5", "", "7"])
    #expect(file.numbers(1).map { "\($0)" } == ["2.5", "nan", "7.0"])
  }

  @Test func `columns that were not asked for are not kept, and rows are counted all the same`()
    throws
  {
    let file = try file("a,b,c\n1,2,3\n4,5,6\n", ["c", "none"])
    #expect(file.count == 2)
    #expect(file.numbers(try file.index(of: "c")) == [3, 6])
    #expect(file.numbers(named: "none") == nil)
  }

  @Test func `a torn row, an open quote, a double column and an empty file name file and line`()
    throws
  {
    #expect(message { _ = try file("a,b\n1,2\n3\n") }.hasPrefix("t.csv:3: has 1 cells"))
    #expect(message { _ = try file("a,b\n\"x\ny\",2\n1,2,3\n") }.hasPrefix("t.csv:4: has 3"))
    #expect(message { _ = try file("a\n\"b\n") } == "t.csv:2: leaves a quote open")
    #expect(message { _ = try file("a,a\n") } == "t.csv:1: has the column \"a\" twice")
    #expect(message { _ = try file("") }.hasPrefix("t.csv: is empty"))
  }

  @Test func `a column is numeric when it holds a number and no text`() throws {
    let file = try file("a,b,c,d\n1,x,,1e3\n,2,,-4\n")
    #expect((0..<4).map { file.isNumeric($0) } == [true, false, false, true])
  }
}
