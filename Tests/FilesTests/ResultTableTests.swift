import Files
import TestSupport
import Testing

@Suite("Result tables") struct ResultTableTests {
  private func table(_ text: String) throws -> ResultTable {
    try ResultTable(Array(text.utf8), path: "t.csv")
  }

  @Test("Quoted cells keep their commas and quotes, and line ends of Windows are no part of a cell")
  func quotedCellsKeepTheirCommas() throws {
    let table = try table("name,rate\r\n\"a, \"\"b\"\"\",2.5\r\nc,\r\n")
    #expect(table.columns == ["name", "rate"])
    #expect(table.rows == [["a, \"b\"", "2.5"], ["c", ""]])
    #expect(try table.numbers(in: table.index(of: "rate")) == [2.5, nil])
  }

  @Test("A mark before UTF-8, blank lines and line breaks in quotes are no faults")
  func marksAndLineBreaksAreNoFaults() throws {
    let table = try table("\u{FEFF}\r\na,b\n1,\"x\ny\"\n\n2,\"\"\n")
    #expect(table.columns == ["a", "b"])
    #expect(table.rows == [["1", "x\ny"], ["2", ""]])
    #expect(table.lines == [3, 6])
    #expect(try self.table("a\n1\n\r").rows == [["1"]])
  }

  @Test("A torn row, a double column, an empty file and text for a number name file and line")
  func faultsNameFileAndLine() throws {
    #expect(message { _ = try table("a,b\n1,2\n3\n") }.hasPrefix("t.csv:3: has 1 cells"))
    #expect(message { _ = try table("a,a\n") } == "t.csv:1: has the column \"a\" twice")
    #expect(message { _ = try table("a\n\"b\n") } == "t.csv:2: leaves a quote open")
    #expect(message { _ = try table("") }.hasPrefix("t.csv: is empty"))
    let text = try table("a\n1\nx\n")
    #expect(message { _ = try text.numbers(in: 0) }.hasPrefix("t.csv:3: a is \"x\""))
  }

  @Test("An unknown column names the nearest and all")
  func unknownColumnNamesTheNearest() throws {
    let table = try table("p99_ttft_ms,seed\n")
    let said = message { _ = try table.index(of: "p99_tttf_ms", asked: .flag("--y")) }
    #expect(said.contains("--y: unknown column \"p99_tttf_ms\" (did you mean \"p99_ttft_ms\"?)"))
    #expect(said.contains("known: p99_ttft_ms, seed"))
  }
}
