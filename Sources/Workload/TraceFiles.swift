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
  /// The archive, and where its files lie in it, last first.
  private var archive: [UInt8] = []
  private var members: [(path: String, range: Range<Int>)] = []

  /// The files of the directory at `path` that end in `.json`, `.jsonl` or those with `.gz`; nil
  /// if there is no directory.
  ///
  /// - Throws: `TraceError` if the directory cannot be read.
  init?(inDirectory path: String) throws(TraceError) {
    guard let directory = opendir(path) else {
      // What it is shows when it is opened as a file.
      guard errno == EACCES else { return nil }
      throw TraceError(path, "cannot be opened: \(String(cString: strerror(errno)))")
    }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if Self.isTrace(name) { paths.append(path.hasSuffix("/") ? path + name : "\(path)/\(name)") }
    }
    paths.sort { $1.utf8.lexicographicallyPrecedes($0.utf8) }
    guard !paths.isEmpty else {
      throw TraceError(path, "is a directory without files of sessions (.json); name a file")
    }
  }

  /// The files in the tar archive that `reader` is at the beginning of.
  ///
  /// - Throws: `TraceError` if the archive cannot be read or is damaged.
  init(inArchive reader: inout LineReader, path: String) throws(TraceError) {
    archive = try reader.all(most: 4 * Self.largest)
    var i = 0
    var longName: String?
    while i + 512 <= archive.count, archive[i] != 0 {
      guard Self.isTar(archive.span.extracting(i..<(i + 512))),
        let size = Self.octal(archive.span.extracting((i + 124)..<(i + 136)))
      else { throw TraceError(path, "is a tar archive with a damaged header at byte \(i)") }
      let content = (i + 512)..<(i + 512 + size)
      guard content.upperBound <= archive.count else {
        throw TraceError(path, "is a tar archive that ends too early; fetch it again")
      }
      let name = longName ?? Self.name(archive.span.extracting(i..<(i + 512)))
      longName = nil
      switch archive[i + 156] {
      case 0, UInt8(ascii: "0"):
        if Self.isTrace(String(name.split(separator: "/").last ?? "")) {
          members.append(("\(path):\(name)", content))
        }
      case UInt8(ascii: "L"): longName = Self.text(archive.span.extracting(content))
      default: break  // directories, links, what pax adds
      }
      i = (content.upperBound + 511) / 512 * 512
    }
    members.sort { $1.path.utf8.lexicographicallyPrecedes($0.path.utf8) }
    guard !members.isEmpty else {
      throw TraceError(path, "is a tar archive without files of sessions (.json)")
    }
  }

  /// The next file; nil after the last.
  mutating func next() throws(TraceError) -> File? {
    if let path = paths.popLast() { return File(path: path, bytes: try Self.content(of: path)) }
    guard let (path, range) = members.popLast() else { return nil }
    if archive[range].starts(with: [0x1F, 0x8B]) {
      throw TraceError(path, "is compressed within its archive; unpack it and name the directory")
    }
    return File(path: path, bytes: Array(archive[range]))
  }

  private static func content(of path: String) throws(TraceError) -> [UInt8] {
    var source = try ByteSource(path: path, chunk: 1 << 18)
    var bytes = [UInt8](repeating: 0, count: 1 << 18)
    var filled = 0
    while true {
      let count = try source.read(into: &bytes, from: filled)
      if count == 0 { break }
      filled += count
      guard filled <= largest else { throw TraceError(path, "is over \(largest >> 20) MiB") }
      if filled == bytes.count { bytes.append(contentsOf: repeatElement(0, count: filled)) }
    }
    bytes.removeLast(bytes.count - filled)
    return bytes
  }

  private static func isTrace(_ name: String) -> Bool {
    !name.hasPrefix(".")
      && [".json", ".jsonl", ".json.gz", ".jsonl.gz"].contains { name.hasSuffix($0) }
  }

  /// Whether `bytes` begin with a header of a tar archive (POSIX 1003.1, ustar, or GNU's).
  static func isTar(_ bytes: Span<UInt8>) -> Bool {
    bytes.count >= 512 && bytes.equals(Array("ustar".utf8), in: 257..<262)
  }

  private static func name(_ header: Span<UInt8>) -> String {
    let name = text(header.extracting(0..<100))
    // GNU's headers have other things where POSIX has the first part of a long name.
    guard header[262] == 0, header[263] == UInt8(ascii: "0"), header[345] != 0 else { return name }
    return "\(text(header.extracting(345..<500)))/\(name)"
  }

  private static func text(_ field: Span<UInt8>) -> String {
    var end = 0
    while end < field.count, field[end] != 0 { end += 1 }
    return field.text(0..<end)
  }

  private static func octal(_ field: Span<UInt8>) -> Int? {
    var value = 0
    var hasDigit = false
    for i in 0..<field.count {
      let digit = field[i].digit
      if digit <= 7 {
        value = value * 8 + Int(digit)
        hasDigit = true
      } else if hasDigit || field[i] != .space {
        break
      }
    }
    return hasDigit ? value : nil
  }
}
