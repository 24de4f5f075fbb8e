import Foundation
import TestSupport
import Testing

@testable import Workload

@Suite struct TarArchiveTests {
  @Test(arguments: ["ustar", "gnu", "pax"], ["", "z"])
  func `files of tar archives are read with their names, however long`(
    format: String, packing: String
  ) throws {
    let directory = try TestDirectory()
    let deep = Array(repeating: "a directory of some length", count: 5).joined(separator: "/")
    var files = [("small.txt", "one\n"), ("dir/empty", ""), ("dir/big", "")]
    files[2].1 = String(repeating: "0123456789", count: 12_345)
    files.append(("\(deep)/\(String(repeating: "n", count: 60)).csv", "far\n"))
    if format != "ustar" { files.append((String(repeating: "x", count: 180), "long\n")) }
    for (name, text) in files { _ = try directory.write(text, to: "in/\(name)") }
    _ = try Binary.shell("tar c\(packing)f t --format=\(format) -C in .", in: directory)
    var archive = try TarArchive(path: directory.path + "/t")
    var found: [String: [UInt8]] = [:]
    let keep: (String, [UInt8]) -> Void = { name, bytes in
      found[name.replacingOccurrences(of: "./", with: "")] = bytes
    }
    try archive.forEach(wanted: { !$0.hasSuffix("empty") }, do: keep)
    #expect(found.count == files.count - 1)
    for (name, text) in files where !name.hasSuffix("empty") {
      #expect(found[name] == Array(text.utf8), "\(name)")
    }
    var again = try TarArchive(path: directory.path + "/t")
    #expect(try again.names().count == files.count)
  }

  @Test func `what is no archive, damaged or cut is refused`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(String(repeating: "text ", count: 300), to: "plain")
    _ = try directory.write(String(repeating: "y", count: 5000), to: "in/y")
    _ = try Binary.shell("tar cf t in; head -c 2000 t > cut; head -c 700 t > short", in: directory)
    func refusal(_ name: String) -> String {
      message {
        var archive = try TarArchive(path: "\(directory.path)/\(name)")
        try archive.forEach(wanted: { _ in true }, do: { _, _ in })
      }.replacingOccurrences(of: directory.path + "/", with: "")
    }
    #expect(refusal("t") == "")
    #expect(refusal("plain") == "plain: is no tar archive")
    #expect(refusal("cut") == "cut: is a tar archive that ends too early; fetch it again")
    #expect(refusal("short") == "short: is a tar archive that ends too early; fetch it again")
  }
}
