import Testing
import Workload

@Suite struct CSVColumnTests {
  private func column(_ name: String, _ text: String) throws -> [Double] {
    let file = try TestFile(text)
    return try csvColumn(named: name, inFile: file.path)
  }

  private func refusal(_ name: String, _ text: String) throws -> String? {
    let file = try TestFile(text)
    do {
      _ = try csvColumn(named: name, inFile: file.path)
      return nil
    } catch { return error.description.replacing(file.path, with: "a.csv") }
  }

  @Test func `a column is found by its name`() throws {
    let text = "id,Tokens\r\n1, 12\r\n\r\n2,0.5\r\n3,1e3"
    #expect(try column("tokens", text) == [12, 0.5, 1000])
  }

  @Test func `the first value that is no number is named with its line`() throws {
    #expect(
      try refusal("Tokens", "id,Tokens\n\n1,7\n2,x\n") == "a.csv:4: Tokens \"x\" is not a number")
    #expect(
      try refusal("Tokens", "id,Tokens\n1,nan\n") == "a.csv:2: Tokens \"nan\" is not a number")
    #expect(try refusal("Tokens", "id,Tokens\n1\n") == "a.csv:2: too few fields")
  }

  @Test func `a missing column and missing rows are errors`() throws {
    #expect(
      try refusal("x", "id,Tokens\n1,2\n") == "a.csv:1: no column x in the header \"id,Tokens\"")
    #expect(try refusal("id", "id\n") == "a.csv: has no rows for column id")
    #expect(try refusal("id", "") == "a.csv: is empty")
  }
}
