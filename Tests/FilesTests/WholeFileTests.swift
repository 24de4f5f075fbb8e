import Files
import Foundation
import TestSupport
import Testing

@Suite struct WholeFileTests {
  private func content(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  @Test func `a file appears whole and leaves nothing beside it`() throws {
    let directory = try TestDirectory()
    // Longer than the buffer and than one piece.
    let bytes = (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 % 251) }
    try writeFile(bytes, to: "\(directory.path)/a.csv", force: false)
    #expect(try directory.names == ["a.csv"])
    let written = try Data(contentsOf: URL(fileURLWithPath: "\(directory.path)/a.csv"))
    #expect(Array(written) == bytes)
  }

  @Test func `an existing file is replaced by force only`() throws {
    let directory = try TestDirectory()
    let path = try directory.write("old", to: "a.csv")
    #expect(
      message { try writeFile([], to: path, force: false) }
        == "\(path): exists; name another file, or add --force to replace it")
    #expect(try content(path) == "old")
    try writeFile(Array("mine".utf8), to: path, force: true)
    #expect(try content(path) == "mine")
    #expect(try directory.names == ["a.csv"])
  }

  @Test func `a link stays a link, its file is replaced`() throws {
    let directory = try TestDirectory()
    let path = try directory.write("old", to: "a.csv")
    let link = "\(directory.path)/link.csv"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    try writeFile(Array("mine".utf8), to: link, force: true)
    #expect(try content(path) == "mine")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == path)
  }

  @Test func `what cannot be a file is said`() throws {
    let directory = try TestDirectory()
    #expect(
      message { try writeFile([], to: directory.path, force: true) }
        == "\(directory.path): is a directory; name a file")
    let lost = "\(directory.path)/no/a.csv"
    #expect(
      message { try writeFile([], to: lost, force: false) }
        == "\(lost): cannot be written: there is no directory \(directory.path)/no")
    #expect(try directory.names == [])
  }

  @Test func `a device is written as it stands`() throws {
    try writeFile(Array("gone".utf8), to: "/dev/null", force: false)
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func `a full device is told of`() {
    #expect(
      message { try writeFile(Array("much".utf8), to: "/dev/full", force: false) }
        == "/dev/full: cannot be written: no space left on device")
  }
}
