import Foundation

/// A file of shared/data/traces; nil, with a line that says so, in a checkout without it.
public func sharedTrace(_ name: String, from file: String = #filePath) -> String? {
  let path = URL(fileURLWithPath: file).deletingLastPathComponent()
    .appendingPathComponent("../../../shared/data/traces/\(name)").standardized.path
  if FileManager.default.isReadableFile(atPath: path) { return path }
  print("skipped: no \(path)")
  return nil
}
