import Foundation
import Metrics
import Units
import Workload

/// A file in a directory of its own that is deleted with its owner.
final class TestFile {
  let path: String
  private let directory: URL

  init(_ bytes: [UInt8], name: String = "trace.txt") throws {
    directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("martlet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let url = directory.appendingPathComponent(name)
    try Data(bytes).write(to: url)
    path = url.path
  }

  convenience init(_ text: String, name: String = "trace.txt") throws {
    try self.init(Array(text.utf8), name: name)
  }

  deinit { try? FileManager.default.removeItem(at: directory) }
}

/// Reads `text` as a trace.
func read(_ text: String, _ change: (inout TraceOptions) -> Void = { _ in }) throws -> Trace {
  try read(Array(text.utf8), change)
}

/// Reads `bytes` as a trace.
func read(_ bytes: [UInt8], _ change: (inout TraceOptions) -> Void = { _ in }) throws -> Trace {
  let file = try TestFile(bytes)
  var options = TraceOptions()
  change(&options)
  return try readTrace(at: file.path, options: options)
}

/// What the reading of `bytes` is refused with, without the directory; nil if it is not.
func refusal(_ bytes: [UInt8], _ change: (inout TraceOptions) -> Void = { _ in }) throws -> String?
{
  let file = try TestFile(bytes)
  var options = TraceOptions()
  change(&options)
  do {
    _ = try readTrace(at: file.path, options: options)
    return nil
  } catch {
    return error.description.replacingOccurrences(of: file.path, with: "trace.txt")
  }
}

/// What the reading of `text` is refused with, without the directory; nil if it is not.
func refusal(_ text: String, _ change: (inout TraceOptions) -> Void = { _ in }) throws -> String? {
  try refusal(Array(text.utf8), change)
}

extension Trace {
  /// Arrivals in picoseconds.
  var arrivals: [Int64] { requests.arrival.map(\.picoseconds) }
  /// Prompt lengths.
  var prompts: [Int32] { requests.prompt }
  /// Output lengths.
  var outputs: [Int32] { requests.output }
  /// Rows dropped by reason, as `reason: count from line`.
  var drops: [String] { report.dropped.map { "\($0.reason): \($0.count) from \($0.firstLine)" } }
}
