#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The files of a directory or a tar archive that make one trace, in the order of their names.
struct TraceFiles {
  /// A file and its content, gunzipped.
  struct File {
    let path: String
    let bytes: [UInt8]
  }
  /// Larger ones are refused.
  private static let largest = LineReader.longestDocument

  /// Paths of files to be read, last first.
  private var paths: [String] = []
  /// Files of the archive, last first.
  private var members: [File] = []

  /// The files of the directory at `path` that end in `.json`, `.jsonl` or those with `.gz`; nil
  /// if there is no directory.
  ///
  /// - Throws: `TraceError` if the directory cannot be read.
  init?(inDirectory path: String) throws(TraceError) {
    guard let names = FileTree.entries(of: path) else {
      // What it is shows when it is opened as a file.
      guard errno == EACCES else { return nil }
      throw TraceError(path, "cannot be opened: \(String(cString: strerror(errno)))")
    }
    for name in names where Self.isTrace(name) {
      paths.append(path.hasSuffix("/") ? path + name : "\(path)/\(name)")
    }
    paths.sort { $1.utf8.lexicographicallyPrecedes($0.utf8) }
    guard !paths.isEmpty else {
      throw TraceError(path, "is a directory without files of sessions (.json); name a file")
    }
  }

  /// The files in the tar archive at `path`.
  ///
  /// - Throws: `TraceError` if the archive cannot be read or is damaged.
  init(inArchive path: String) throws(TraceError) {
    var archive = try TarArchive(path: path)
    try archive.forEach { name in
      Self.isTrace(String(name.split(separator: "/").last ?? ""))
    } do: { (name, bytes) throws(TraceError) in
      members.append(File(path: "\(path):\(name)", bytes: bytes))
    }
    members.sort { $1.path.utf8.lexicographicallyPrecedes($0.path.utf8) }
    guard !members.isEmpty else {
      throw TraceError(path, "is a tar archive without files of sessions (.json)")
    }
  }

  /// The next file; nil after the last.
  mutating func next() throws(TraceError) -> File? {
    if let path = paths.popLast() {
      return File(path: path, bytes: try FileTree.content(of: path, most: Self.largest))
    }
    guard let file = members.popLast() else { return nil }
    if file.bytes.starts(with: [0x1F, 0x8B]) {
      throw TraceError(
        file.path, "is compressed within its archive; unpack it and name the directory")
    }
    return file
  }

  private static func isTrace(_ name: String) -> Bool {
    !name.hasPrefix(".")
      && [".json", ".jsonl", ".json.gz", ".jsonl.gz"].contains { name.hasSuffix($0) }
  }
}
