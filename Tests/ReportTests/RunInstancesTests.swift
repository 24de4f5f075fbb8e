import Metrics
import Report
import TestSupport
import Testing

@Suite struct RunInstancesTests {
  private let header = ColumnCatalog.instances.map(\.name).joined(separator: ",") + "\n"

  private func page(_ text: String) throws -> String {
    let directory = try runDirectory([("instances.csv", text)])
    return try withExtendedLifetime(directory) {
      String(decoding: try ReportPage(of: directory.path).bytes, as: UTF8.self)
    }
  }

  @Test func `every instance has a row, shares are in percent, empty columns are left out`() throws
  {
    let text = try page(
      header + "0,,mixed,a<b,1,4,1,0.25,3,0,1,3,0,0,10,20,1234,0,0,,0.5,0,0.343750\n"
        + "1,,mixed,c,1,4,2,0.5,2,1,0,3,0,0,10,20,99,0,0,,0.5,0,0.1\n")
    #expect(text.contains("<h2>Instances</h2>"))
    #expect(text.contains("a&lt;b") && text.contains(">25</td>") && text.contains(">34.4</td>"))
    #expect(!text.contains(">pool</th>") && !text.contains(">hits, %</th>"))
  }

  @Test func `one instance needs no table, a torn file is an error`() throws {
    let one = header + "0,,mixed,a,1,4,1,0.25,3,0,1,3,0,0,10,20,1234,0,0,,0.5,0,0.343750\n"
    #expect(!(try page(one)).contains("<h2>Instances</h2>"))
    #expect(throws: (any Error).self) { try page("instance_id,pool\n0\n") }
  }
}
