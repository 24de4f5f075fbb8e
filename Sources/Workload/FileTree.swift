#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The files under a directory or in an archive, by name.
struct FileTree {
  private let path: String
  private let isDirectory: Bool

  /// The directory or archive at `path`.
  init(path: String) {
    self.path = path
    isDirectory = Self.entries(of: path) != nil
  }

  /// The names, relative to the directory, of all files that `wanted` names, sorted.
  ///
  /// - Throws: `TraceError` when the archive or a directory cannot be read.
  func names(_ wanted: (String) -> Bool) throws(TraceError) -> [String] {
    var names: [String] = []
    if isDirectory {
      try Self.collect(path, "", depth: 0, into: &names)
      names = names.filter(wanted)
    } else {
      var archive = try TarArchive(path: path)
      names = try archive.names().filter(wanted)
    }
    return names.sorted()
  }

  /// Hands the contents of each of `names` to `body`, in their order in an archive.
  ///
  /// - Throws: `TraceError` when one cannot be read, and what `body` throws.
  func read(
    _ names: [String], _ body: (String, [UInt8]) throws(TraceError) -> Void
  ) throws(TraceError) {
    guard isDirectory else {
      let wanted = Set(names)  // only looked up
      var archive = try TarArchive(path: path)
      return try archive.forEach(wanted: { wanted.contains($0) }, do: body)
    }
    for name in names {
      try body(name, try Self.content(of: "\(path)/\(name)", most: 1 << 31))
    }
  }

  /// What a message calls the file `name`.
  func place(of name: String) -> String { isDirectory ? "\(path)/\(name)" : "\(path):\(name)" }

  private static func collect(
    _ path: String, _ prefix: String, depth: Int, into names: inout [String]
  ) throws(TraceError) {
    guard let entries = entries(of: path) else {
      throw TraceError(path, "cannot be read: \(String(cString: strerror(errno)))")
    }
    for entry in entries.sorted() {
      let inner = "\(path)/\(entry)"
      if depth < 6, Self.entries(of: inner) != nil {
        try collect(inner, "\(prefix)\(entry)/", depth: depth + 1, into: &names)
      } else {
        names.append(prefix + entry)
      }
    }
  }

  /// All bytes of the file at `path`, gunzipped, which may not be more than `most`.
  static func content(of path: String, most: Int) throws(TraceError) -> [UInt8] {
    var source = try ByteSource(path: path, chunk: 1 << 18)
    var bytes = [UInt8](repeating: 0, count: 1 << 18)
    var filled = 0
    while true {
      let count = try source.read(into: &bytes, from: filled)
      if count == 0 { break }
      filled += count
      guard filled <= most else { throw TraceError(path, "is over \(most >> 20) MiB") }
      if filled == bytes.count { bytes.append(contentsOf: repeatElement(0, count: filled)) }
    }
    bytes.removeLast(bytes.count - filled)
    return bytes
  }

  /// What lies in a directory; nil if it is none.
  static func entries(of path: String) -> [String]? {
    guard let directory = opendir(path) else { return nil }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
