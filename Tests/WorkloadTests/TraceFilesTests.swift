import Foundation
import Metrics
import Testing
import Workload

@Suite struct TraceFilesTests {
  private func session(_ input: Int) -> String {
    #"{"block_size":64,"hash_id_scope":"local","requests":[{"t":0,"in":\#(input),"out":1,"#
      + #""hash_ids":[\#((1...(input / 64)).map { "\($0)" }.joined(separator: ","))]}]}"#
  }

  /// A tar archive made from POSIX 1003.1 alone.
  private func tar(_ files: [(name: String, text: String)], kind: Character = "0") -> [UInt8] {
    var bytes: [UInt8] = []
    for (name, text) in files {
      var header = [UInt8](repeating: 0, count: 512)
      func put(_ text: String, at place: Int) {
        for (i, byte) in text.utf8.enumerated() { header[place + i] = byte }
      }
      put(name, at: 0)
      put(
        String(repeating: "0", count: 11 - String(text.utf8.count, radix: 8).count)
          + String(text.utf8.count, radix: 8), at: 124)
      put(String(kind), at: 156)
      put("ustar\0" + "00", at: 257)
      // The sum of the header's bytes, those of the sum itself taken as blanks.
      let sum = header.reduce(8 * 32) { $0 + Int($1) }
      put(String(String(0o1_000_000 + sum, radix: 8).dropFirst()) + "\0 ", at: 148)
      bytes += header + Array(text.utf8)
      bytes += [UInt8](repeating: 0, count: (512 - text.utf8.count % 512) % 512)
    }
    return bytes + [UInt8](repeating: 0, count: 1024)
  }

  @Test func `an archive and a directory are read in the order of names`() throws {
    let files = [("d/b.json", session(128)), ("d/a.json", session(64)), ("d/c.txt", "no")]
    let archive = try read(tar(files))
    #expect(archive.report.format == "weka")
    #expect(archive.prompts == [64, 128])
    #expect(archive.arrivals == [0, 60_000_000_000_000])
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("martlet-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: directory) }
    for (name, text) in files {
      let url = directory.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    let path = directory.appendingPathComponent("d").path
    for path in [path, path + "/"] {
      let trace = try readTrace(at: path, options: TraceOptions())
      #expect(trace.prompts == archive.prompts && trace.arrivals == archive.arrivals)
      #expect(trace.requests.chains == archive.requests.chains)
      #expect(trace.report.contentHash == archive.report.contentHash)
    }
    #expect {
      try readTrace(at: directory.path, options: TraceOptions())
    } throws: {
      "\($0)".hasSuffix("is a directory without files of sessions (.json); name a file")
    }
  }

  @Test func `a bad session in an archive is named with its file`() throws {
    let trace = try read(tar([("a.json", session(64)), ("b.json", "{\"requests\":[]}")]))
    #expect(trace.drops == ["requests is empty: 1 from 1"])
    #expect(trace.report.warnings.contains { $0.contains("trace.txt:b.json:1: requests is empty") })
  }

  @Test func `an archive that is damaged or holds nothing of use is refused`() throws {
    let whole = tar([("a.json", session(640))])
    #expect(try refusal(Array(whole.prefix(600)))?.contains("ends too early") == true)
    var bad = whole
    bad[124] = UInt8(ascii: "x")
    #expect(try refusal(bad)?.contains("is a tar archive with a damaged header") == true)
    #expect(
      try refusal(tar([("a.txt", "x")]))
        == "trace.txt: is a tar archive without files of sessions (.json)")
    #expect(
      try refusal(tar([("a.json", session(64))], kind: "5"))?.contains("without files") == true)
    let rows = #"{"timestamp": 0, "input_length": 1, "output_length": 1}"#
    #expect(
      try refusal(tar([("a.jsonl", rows)]))
        == "trace.txt: has files of format mooncake, which is read from one file; name that file")
  }

  @Test func `a long name of GNU's kind takes the place of the short one`() throws {
    let long = String(repeating: "n", count: 120)
    let name = Array(tar([("././@LongLink", "a/\(long).json")], kind: "L").dropLast(1024))
    let trace = try read(
      name + tar([("zz", session(64))]).dropLast(1024) + tar([("b.json", session(128))]))
    #expect(trace.prompts == [64, 128])
  }
}
