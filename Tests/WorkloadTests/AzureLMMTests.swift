import Testing
import Workload

@Suite struct AzureLMMTests {
  static let header = "TIMESTAMP,NumImages,ContextTokens,GeneratedTokens\n"

  @Test func `rows are read as those of azure, and images are counted, not priced`() throws {
    let text =
      Self.header + "2024-10-01 00:00:00.5+00:00,0,10,1\r\n2024-10-01 00:00:02+00:00,3,20,2\r\n"
      + "2024-10-01T00:00:03Z,2,30,3\n2024-10-01 00:00:04+00:00,4,0,3"
    let trace = try read(text)
    #expect(trace.report.format == "azure-lmm")
    #expect(trace.arrivals == [0, 1_500_000_000_000, 2_500_000_000_000])
    #expect(trace.prompts == [10, 20, 30])
    #expect(trace.drops == ["ContextTokens is 0: 1 from 5"])
    // The dropped row's four images are nobody's.
    #expect(
      trace.report.warnings.last?
        .hasSuffix("2 rows have images, 5 in all: only ContextTokens are priced") == true)
  }

  @Test func `a trace without images has nothing to say of them`() throws {
    #expect(try read(Self.header + "2024-10-01 00:00:00,0,1,1\n").report.warnings.isEmpty)
  }

  @Test func `without the column of images it is azure`() throws {
    let trace = try read("TIMESTAMP,ContextTokens,GeneratedTokens\n2024-10-01 00:00:00,1,1\n")
    #expect(trace.report.format == "azure")
  }
}
