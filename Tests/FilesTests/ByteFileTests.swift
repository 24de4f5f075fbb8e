import Files
import Foundation
import Testing

@Suite struct ByteFileTests {
  private let path = NSTemporaryDirectory() + "martlet-\(UUID().uuidString)"

  @Test func `bytes come out in order, across the buffer's end`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    var file = try ByteFile(creating: path)
    var expected: [UInt8] = []
    for i in 0..<300_000 {
      file.write("\(i),")
      expected.append(contentsOf: "\(i),".utf8)
    }
    file.write([1, 2, 3])
    file.write { $0.append(4) }
    try file.close()
    let found = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(found == Data(expected + [1, 2, 3, 4]))
  }

  @Test func `an existing file is not overwritten`() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    try ByteFile(creating: path).close()
    do {
      try ByteFile(creating: path).close()
      Issue.record("created twice")
    } catch {
      #expect("\(error)" == "\(path): cannot be created: file exists")
    }
  }

  @Test(arguments: [10, 3_000_000])
  func `a full disk is reported by close`(count: Int) throws {
    guard FileManager.default.fileExists(atPath: "/dev/full") else {
      print("skipped: no /dev/full")
      return
    }
    var file = try ByteFile(existing: "/dev/full")
    file.write([UInt8](repeating: 65, count: count))
    do {
      try file.close()
      Issue.record("a full disk took \(count) bytes")
    } catch {
      #expect("\(error)" == "/dev/full: cannot be written: no space left on device")
    }
  }
}
