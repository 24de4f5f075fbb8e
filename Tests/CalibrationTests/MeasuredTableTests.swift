import Testing

@testable import Calibration

private func table(_ text: String) throws -> MeasuredTable {
  try MeasuredTable(Array(text.utf8), name: "t.csv")
}

private func fault(_ text: String) -> String? {
  do {
    _ = try table(text)
    return nil
  } catch {
    return "\(error)"
  }
}

@Suite("Tables of measurements")
struct MeasuredTableTests {
  @Test("reads quotes, blanks, a byte-order mark and either line end")
  func reads() throws {
    let t = try table("\u{FEFF}A,b\r\n 1 ,\"x, \"\"y\"\"\"\r\n\r\n8.0,z")
    #expect(t.header == ["a", "b"])
    #expect(t.rows.map { $0.text("b") } == ["x, \"y\"", "z"])
    #expect(try t.rows[1].whole("a") == 8)
    #expect(t.rows[1].place == "t.csv:4")
  }

  @Test("names file, line and fault of what it cannot read")
  func faults() throws {
    #expect(fault("") == "t.csv: has no rows; expected a CSV file with a header")
    #expect(fault("a,b\n1,2,3") == "t.csv:2: 3 fields where the header has 2")
    #expect(fault("a,b\n1,\"2") == "t.csv:2: a quote is open at the end of the line")
    #expect(fault("a,A\n1,2") == "t.csv: has the column a twice")
    let row = try table("a,b\nnan,-1").rows[0]
    #expect(throws: CalibrationError("t.csv:2", "a is \"nan\"; write a number")) {
      try row.number("a")
    }
    #expect(throws: CalibrationError("t.csv:2", "b is -1; write a number above 0")) {
      try row.positive("b")
    }
  }
}

@Suite("Summaries of errors")
struct ErrorSummaryTests {
  @Test("agree with numpy's percentiles")
  func percentiles() throws {
    // numpy.percentile([5, 10, 20, 30], [50, 90]) = 15, 27; of [-20, -5, 10, 30] = 2.5.
    let summary = try #require(ErrorSummary([0.1, -0.2, 0.3, -0.05]))
    #expect(abs(summary.medianAbsolute - 15) < 1e-9)
    #expect(abs(summary.p90Absolute - 27) < 1e-9)
    #expect(abs(summary.bias - 2.5) < 1e-9)
    #expect(ErrorSummary([]) == nil)
  }
}
