import Files
import Foundation
import Testing

@Suite struct OutputDirectoryTests {
  /// A fresh directory for one test; removed afterwards.
  private func inFreshDirectory(_ body: (String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "martlet-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  private func names(in directory: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
  }

  private func write(_ text: String, named name: String, in directory: borrowing OutputDirectory)
    throws
  {
    var file = try directory.file(name)
    file.write(text)
    try file.close()
  }

  /// The message of starting an output directory at `path`.
  private func fault(at path: String, force: Bool = false) -> String {
    do {
      _ = try OutputDirectory(at: path, force: force).path
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func `a directory appears at once, when it is whole`() throws {
    try inFreshDirectory { parent in
      let output = try OutputDirectory(at: "\(parent)/out/", force: false)
      try write("1,2\n", named: "a.csv", in: output)
      #expect(try names(in: parent).allSatisfy { $0.hasPrefix(".out.partial-") })
      try output.publish()
      #expect(try names(in: parent) == ["out"])
      #expect(try String(contentsOfFile: "\(parent)/out/a.csv", encoding: .utf8) == "1,2\n")
    }
  }

  @Test func `what is not published leaves nothing`() throws {
    try inFreshDirectory { parent in
      do {
        let output = try OutputDirectory(at: "\(parent)/out", force: false)
        try write("half", named: "a.csv", in: output)
        #expect(try names(in: parent).count == 1)
      }
      #expect(try names(in: parent).isEmpty)
    }
  }

  @Test func `an existing directory is refused, and replaced by force only when whole`() throws {
    try inFreshDirectory { parent in
      let path = "\(parent)/out"
      let first = try OutputDirectory(at: path, force: false)
      try write("old", named: "columns.json", in: first)
      try first.publish()
      #expect(
        fault(at: path)
          == "\(path): exists; name another --out, or add --force to replace it")
      do {
        let abandoned = try OutputDirectory(at: path, force: true)
        try write("x", named: "x.csv", in: abandoned)
      }
      #expect(try names(in: path) == ["columns.json"])
      let second = try OutputDirectory(at: path, force: true)
      try write("new", named: "new.csv", in: second)
      try second.publish()
      #expect(try names(in: path) == ["new.csv"])
      #expect(try names(in: parent) == ["out"])
    }
  }

  @Test func `force keeps what this program has not written, and never takes one's own place`()
    throws
  {
    try inFreshDirectory { parent in
      let path = "\(parent)/thesis"
      for number in 1...2 {
        try FileManager.default.createDirectory(
          atPath: "\(path)/chapter \(number)", withIntermediateDirectories: true)
        let output = try OutputDirectory(at: path, force: true)
        try write("x", named: "x.csv", in: output)
        try output.publish()
        #expect(try names(in: path) == ["x.csv"])
      }
      #expect(try names(in: parent) == ["thesis", "thesis.before-1", "thesis.before-2"])
      #expect(try names(in: "\(path).before-1") == ["chapter 1"])
      let here = FileManager.default.currentDirectoryPath
      #expect(
        fault(at: here, force: true)
          == "\(here): is the directory you are in, or above it; name another --out")
    }
  }

  @Test func `a place that cannot be written is refused before anything runs`() throws {
    try inFreshDirectory { parent in
      let file = "\(parent)/file"
      try "x".write(toFile: file, atomically: false, encoding: .utf8)
      #expect(
        fault(at: file, force: true)
          == "\(file): exists and is no directory; name another --out")
      #expect(fault(at: "\(file)/out") == "\(file)/out: cannot be written: \(file) is no directory")
      #expect(
        fault(at: "\(parent)/a/b")
          == "\(parent)/a/b: cannot be written: there is no directory \(parent)/a")
      #expect(
        fault(at: "/proc/out")
          == "/proc/out: cannot be written: /proc: no such file or directory")
      #expect(fault(at: "..").hasPrefix("..: is no name for an output directory"))
      #expect(try names(in: parent) == ["file"])
    }
  }

  @Test func `a directory that appears meanwhile is not overwritten`() throws {
    try inFreshDirectory { parent in
      let path = "\(parent)/out"
      let output = try OutputDirectory(at: path, force: false)
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      do {
        try output.publish()
        Issue.record("published over a directory")
      } catch {
        #expect("\(error)" == "\(path): cannot be written: file exists")
      }
      #expect(try names(in: parent) == ["out"])
    }
  }
}
