import Testing
import Workload

@Suite struct AzureTests {
  static let header = "TIMESTAMP,ContextTokens,GeneratedTokens\n"

  /// Picoseconds from `first` to `second`, both as Azure writes times.
  private func gap(_ first: String, _ second: String) throws -> Int64 {
    let trace = try read(Self.header + "\(first),1,1\n\(second),1,1\n")
    return try #require(trace.arrivals.last)
  }

  @Test func `the format of 2023 is read to its ticks of 100 ns`() throws {
    // CRLF and no newline at the end, as published.
    let text =
      "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:17:03.9799600,48,10\r\n"
      + "2023-11-16 18:17:04.0319601,31,8"
    let trace = try read(text)
    #expect(trace.report.format == "azure")
    #expect(trace.arrivals == [0, 52_000_100_000])
    #expect(trace.prompts == [48, 31])
    #expect(trace.outputs == [10, 8])
  }

  @Test func `the format of 2024 mixes six digits and none`() throws {
    let text =
      Self.header + "2024-05-10 23:59:59.999999+00:00,2,5\n2024-05-11 00:00:00+00:00,3,1\n"
    #expect(try read(text).arrivals == [0, 1_000_000])
  }

  @Test(arguments: [
    ("2024-05-10 00:00:00", "2024-05-10 00:00:00.123", 123_000_000_000),
    ("2024-05-10T00:00:00Z", "2024-05-10 00:00:00.000000001", 1000),
    ("2024-05-10 00:00:00.5", "2024-05-10T00:00:01.25Z", 750_000_000_000),
    ("2024-05-10 00:00:00", "2024-05-10 00:00:00.0000000000015", 2),
    ("2024-05-10 02:00:00+02:00", "2024-05-10 00:00:01", 1_000_000_000_000),
    ("2024-05-10 00:00:00-01:30", "2024-05-10 01:30:01Z", 1_000_000_000_000),
    ("2024-02-28 23:59:59", "2024-02-29 00:00:00", 1_000_000_000_000),
    ("2024-02-29 23:59:59", "2024-03-01 00:00:00", 1_000_000_000_000),
    ("2023-02-28 23:59:59", "2023-03-01 00:00:00", 1_000_000_000_000),
    ("2023-12-31 23:59:59", "2024-01-01 00:00:00", 1_000_000_000_000),
    ("2024-05-31 00:00:00", "2024-07-01 00:00:00", 31 * 86_400_000_000_000_000),
  ])
  func `times differ by what the calendar says`(
    first: String, second: String, picoseconds: Int64
  ) throws {
    #expect(try gap(first, second) == picoseconds)
  }

  @Test(arguments: [
    "2023-02-29 00:00:00", "2024-13-01 00:00:00", "2024-00-01 00:00:00", "2024-05-32 00:00:00",
    "2024-05-10 24:00:00", "2024-05-10 00:60:00", "2024-05-10 00:00:60", "2024-05-10", "x",
    "2024-05-10 00:00:00.", "2024-05-10 00:00:00.1x", "2024-05-10 00:00:00+0000", "1715299200",
    "2024-05-10_00:00:00", "2024-05-10 00:00:0a", "2024-05-10 00:00:00+00:60", "10/05/2024 00:00",
    "2024-05-10 00:00:00 UTC",
  ])
  func `what is no date and time is dropped`(text: String) throws {
    let trace = try read(Self.header + "2024-05-10 00:00:00,1,1\n\(text),1,1\n")
    #expect(trace.drops == ["TIMESTAMP is not a date and time: 1 from 3"])
    let warning = try #require(trace.report.warnings.first)
    #expect(warning.hasSuffix(":3: TIMESTAMP \"\(text)\" is not a date and time (1 row dropped)"))
  }

  @Test func `columns are found by name in any order, case and dress`() throws {
    let text =
      "\u{FEFF}generatedtokens , Region,\"CONTEXTTOKENS\",timestamp\n"
      + "7,0, 5 ,2024-05-10 00:00:00\n8,3,\"6\",\"2024-05-10 00:00:01\"\n"
    let trace = try read(text)
    #expect(trace.prompts == [5, 6])
    #expect(trace.outputs == [7, 8])
    #expect(trace.report.warnings.map { $0.hasSuffix("columns not used: Region") } == [true])
  }
}
