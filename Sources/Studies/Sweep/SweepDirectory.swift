internal import Experiment
public import Files
internal import Kernel

/// The directory of a sweep, in which every finished point lies as a small file.
///
/// `sweep.json` says whose it is, `points/0007.row` holds the row of point 7. Every file is
/// renamed into place when whole, so that a process may be killed at any moment and several, on
/// several machines, may write at once.
public struct SweepDirectory: Sendable {
  /// What to do with a directory that exists.
  public enum Mode: Sendable, Equatable {
    /// Refuse it.
    case new
    /// Replace it.
    case replace
    /// Go on in it when it is of the same sweep.
    case join
  }

  /// The directory, as the user named it.
  public let path: String
  let identity: SweepIdentity

  /// Opens the directory at `path` for `plan`, making it when it is not there.
  ///
  /// - Throws: `ConfigError` when it exists and `mode` forbids it, belongs to another sweep or
  ///   cannot be written.
  public init(at path: String, for plan: SweepPlan, mode: Mode) throws(ConfigError) {
    let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    self.path = trimmed
    identity = SweepIdentity(plan)
    let place = Place.file(trimmed)
    if mode == .replace {
      try replace()
      return
    }
    let isNew = try Self.makeDirectory(trimmed)
    if !isNew, mode == .new {
      throw ConfigError(
        place, "exists; add --resume to continue it, --force to replace it, or name another --out")
    }
    let isBegun = isNew ? false : try matches()
    if !isBegun {
      _ = try Self.makeDirectory("\(trimmed)/points")
      try write(identity.json.bytes, to: "sweep.json")
    }
  }

  /// Opens the directory at `path` with the identity that it has.
  ///
  /// - Throws: `ConfigError` when it is no directory of a sweep, or of another version's.
  public init(existing path: String) throws(ConfigError) {
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    identity = try SweepIdentity(readingFrom: self.path)
  }

  /// Whether the directory is of this sweep; false when it is still empty.
  private func matches() throws(ConfigError) -> Bool {
    let visible = try Self.names(in: path).filter { !$0.hasPrefix(".") && $0 != "points" }
    if visible.isEmpty { return false }
    let found = try SweepIdentity(readingFrom: path)
    guard found == identity else {
      throw ConfigError(
        .file(path),
        "holds another sweep (\(found.file), \(found.points) points, hash \(found.hash)): "
          + "the sweep file, a file that it names or martlet has changed; name another --out, "
          + "or add --force to begin anew")
    }
    return true
  }

  private func replace() throws(ConfigError) {
    let directory = try OutputDirectory(at: path, force: true)
    _ = try Self.makeDirectory("\(directory.partial)/points")
    var file = try directory.file("sweep.json")
    file.write(identity.json.bytes)
    try file.close()
    try directory.publish()
  }

  /// Makes a directory; false when it is there.
  private static func makeDirectory(_ path: String) throws(ConfigError) -> Bool {
    do {
      try Posix.makeDirectory(path)
      return true
    } catch {
      let place = Place.file(path)
      if error.isExisting, (try? Posix.kind(of: path)) == .directory { return false }
      if error.isExisting { throw ConfigError(place, "exists and is no directory") }
      guard error.isMissing else {
        throw ConfigError(place, "cannot be written: \(error.reason)")
      }
      throw ConfigError(
        place, "cannot be written: there is no directory \(Paths.directory(of: path))")
    }
  }

  static func names(in path: String) throws(ConfigError) -> [String] {
    do {
      return try Posix.names(in: path)
    } catch {
      throw ConfigError(.file(path), "cannot be read: \(error.reason)")
    }
  }

  /// Writes a whole file.
  func write(_ bytes: [UInt8], to name: String) throws(ConfigError) {
    try replaceFile(at: "\(path)/\(name)") { (file) throws(ConfigError) in file.write(bytes) }
  }
}

// MARK: - Points

/// The file of a finished point.
struct SavedPoint: Sendable {
  let index: Int
  /// Hash of its experiment.
  let hash: String
  let status: PointStatus
  /// Its row of sweep.csv, with the line break.
  let row: String
}

/// Why a point has no usable file.
enum SavedPointFault: Error {
  /// There is none.
  case missing
  /// There is one that this sweep did not write, or not to its end.
  case unusable(String)
}

extension SweepDirectory {
  /// Name of the file of point `index`, below the directory.
  func name(of index: Int) -> String {
    let digits = "\(index)"
    let width = max(4, "\(identity.points - 1)".count)
    return "points/" + String(repeating: "0", count: max(0, width - digits.count)) + digits + ".row"
  }

  /// Writes the file of a finished point.
  ///
  /// - Throws: `ConfigError` when it cannot be written, for a full disk for example.
  func save(_ point: SavedPoint) throws(ConfigError) {
    let head = "\(identity.hash) \(point.index) \(point.hash) \(point.status.rawValue)\n"
    let text = head + point.row
    try write(Array("\(text)\(Self.seal(text))\n".utf8), to: name(of: point.index))
  }

  /// Reads the file called `name`, below the directory.
  func saved(_ name: String) throws(SavedPointFault) -> SavedPoint {
    let bytes: [UInt8]
    do {
      bytes = try Posix.readAll("\(path)/\(name)", limit: 16 << 20)
    } catch {
      if error.isMissing { throw .missing }
      throw .unusable("cannot be read: \(error.reason)")
    }
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count == 4, lines[3].isEmpty,
      Self.seal("\(lines[0])\n\(lines[1])\n") == lines[2]
    else { throw .unusable("is torn or was written by something else") }
    let head = lines[0].split(separator: " ")
    guard head.count == 4, let index = Int(head[1]),
      let status = PointStatus(rawValue: "\(head[3])")
    else { throw .unusable("was written by something else") }
    guard head[0] == identity.hash else { throw .unusable("belongs to another sweep") }
    guard (0..<identity.points).contains(index) else {
      throw .unusable("is of point \(index), which this sweep does not have")
    }
    return SavedPoint(index: index, hash: "\(head[2])", status: status, row: "\(lines[1])\n")
  }

  private static func seal(_ text: String) -> String {
    var hash = ContentHash()
    for byte in text.utf8 { hash.add(byte) }
    return hash.hex
  }

  /// The points of `points` that are finished; what is unusable goes to `report`.
  ///
  /// A point that failed is not finished: it costs little and what failed may be mended.
  func finished(
    _ points: [SweepPoint], report: (String) -> Void
  ) throws(ConfigError) -> [SavedPoint] {
    var finished: [SavedPoint] = []
    for point in points {
      let name = name(of: point.index)
      do throws(SavedPointFault) {
        let saved = try saved(name)
        guard saved.index == point.index, saved.hash == point.hash else {
          throw .unusable("is of point \(saved.index), or of another configuration")
        }
        if saved.status != .failed { finished.append(saved) }
      } catch {
        guard case .unusable(let fault) = error else { continue }
        report("\(path)/\(name) \(fault); point \(point.index) is run again")
      }
    }
    return finished
  }

  /// Names in `points` that no point of the sweep has.
  func aliens() throws(ConfigError) -> [String] {
    let own = Set((0..<identity.points).map { name(of: $0) })  // only looked up
    return try Self.names(in: "\(path)/points").map { "points/\($0)" }
      .filter { !$0.hasPrefix("points/.") && !own.contains($0) }
  }
}
