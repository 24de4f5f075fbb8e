import Foundation

/// The working tree that this file lies in.
struct Repository {
  let root: URL

  init(from file: String = #filePath) {
    root = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
  }

  /// Names in a folder, sorted; empty when there is no such folder.
  func names(in folder: String) -> [String] {
    let url = folder.isEmpty ? root : root.appendingPathComponent(folder)
    return ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
  }

  /// Files with `suffix` anywhere under `folder`, as paths from the root, sorted.
  func files(under folder: String, suffix: String = ".swift") -> [String] {
    let walk = FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)
    var paths: [String] = []
    while let path = walk?.nextObject() as? String {
      if path.hasSuffix(suffix) { paths.append("\(folder)/\(path)") }
    }
    return paths.sorted()
  }

  /// The text of a file; nil when it cannot be read as UTF-8.
  func text(_ path: String) -> String? {
    guard let data = FileManager.default.contents(atPath: root.appendingPathComponent(path).path)
    else { return nil }
    return String(data: data, encoding: .utf8)
  }
}
