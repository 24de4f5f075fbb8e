/// The directory of one run: written under a hidden name beside its place, renamed when whole.
///
/// When it goes out of scope without `publish`, or the process is interrupted, nothing is left.
public struct OutputDirectory: ~Copyable {
  /// Where the directory will lie, as the user named it.
  public let path: String
  /// Where it lies until then.
  public let partial: String
  private let force: Bool
  private let interruption: Interruption
  private var isHeld: Bool
  private var isPublished: Bool

  /// Begins the directory that will lie at `path`; its parent must exist.
  ///
  /// With `force` an existing directory is replaced, at `publish` and not before; one that holds no
  /// results of this program is kept beside it under another name, with a warning.
  ///
  /// - Throws: `ConfigError` when `path` exists, is the directory the process is in or its parent
  ///   cannot be written.
  public init(at path: String, force: Bool) throws(ConfigError) {
    let named = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    // What a link points to is replaced, not the link.
    let trimmed = force && Posix.isLink(named) ? Posix.realPath(named) ?? named : named
    let name = Paths.last(of: trimmed)
    guard !name.isEmpty, name != ".", name != ".." else {
      throw ConfigError(.file(path), "is no name for an output directory; write --out results/one")
    }
    let parent = Paths.directory(of: trimmed)
    try Self.check(trimmed, parent: parent, force: force)
    let partial = Paths.join(parent, ".\(name).partial-\(Posix.processID)")
    do {
      try Posix.makeDirectory(partial)
    } catch {
      throw ConfigError(
        .file(trimmed), "cannot be written: \(parent.isEmpty ? "." : parent): \(error.reason)")
    }
    self.path = trimmed
    self.force = force
    self.partial = partial
    (isHeld, isPublished) = (false, false)
    interruption = Interruption(removing: partial)
  }

  deinit {
    if !isHeld { interruption.hold() }
    if !isPublished { Posix.remove(partial) }
    interruption.release()
  }

  /// Refuses a target that exists and must stay, or a parent that is none.
  private static func check(
    _ path: String, parent: String, force: Bool
  ) throws(ConfigError) {
    let place = Place.file(path)
    do {
      switch try Posix.kind(of: parent.isEmpty ? "." : parent) {
      case .directory: break
      case .nothing: throw ConfigError(place, "cannot be written: there is no directory \(parent)")
      case .file, .other: throw ConfigError(place, "cannot be written: \(parent) is no directory")
      }
      switch try Posix.kind(of: path) {
      case .nothing: return
      case .directory where force:
        try checkPlace(path)
        return
      case .directory:
        throw ConfigError(place, "exists; name another --out, or add --force to replace it")
      case .file, .other:
        throw ConfigError(place, "exists and is no directory; name another --out")
      }
    } catch let failure as Posix.Failure {
      throw ConfigError(place, "cannot be written: \(failure.reason)")
    } catch let error as ConfigError {
      throw error
    } catch {
      throw ConfigError(place, "\(error)")
    }
  }

  /// Refuses to replace the directory that the process is in, or one above it.
  private static func checkPlace(_ path: String) throws(ConfigError) {
    let here = Posix.realPath(".") ?? "/"
    guard let there = Posix.realPath(path),
      "\(here)/".hasPrefix(there == "/" ? "/" : "\(there)/")
    else { return }
    throw ConfigError(
      .file(path), "is the directory you are in, or above it; name another --out")
  }

  /// Whether the directory at `path` is empty or this program has written it.
  private static func isOwn(_ path: String) -> Bool {
    guard let names = try? Posix.names(in: path) else { return false }
    return names.isEmpty || names.contains { ["columns.json", "sweep.json"].contains($0) }
  }

  /// Creates the file called `name` in the directory.
  ///
  /// - Throws: `ConfigError` when it cannot be created.
  public func file(_ name: String) throws(ConfigError) -> ByteFile {
    try ByteFile(creating: "\(partial)/\(name)")
  }

  /// Moves the directory to its place, all at once.
  ///
  /// - Throws: `ConfigError` when another process has put something there meanwhile.
  public consuming func publish() throws(ConfigError) {
    // Between the two renames of a replacement the results would have no name.
    interruption.hold()
    isHeld = true
    do {
      if force { try replace() } else { try moveIntoPlace() }
      isPublished = true
    } catch {
      throw ConfigError(.file(path), "cannot be written: \(error.reason)")
    }
  }

  private func moveIntoPlace() throws(Posix.Failure) {
    // rename(2) replaces an empty directory without a word.
    guard try Posix.kind(of: path) == .nothing else { throw .exists }
    try Posix.move(partial, to: path)
  }

  private func replace() throws(Posix.Failure) {
    guard try Posix.kind(of: path) == .directory else { return try moveIntoPlace() }
    let isOwn = Self.isOwn(path)
    let aside = isOwn ? "\(partial).replaced" : try Self.freeName(beside: path)
    try Posix.move(path, to: aside)
    do {
      try Posix.move(partial, to: path)
    } catch {
      try? Posix.move(aside, to: path)
      throw error
    }
    guard !isOwn else { return Posix.remove(aside) }
    printError("warning: \(path) held no results of martlet; it is kept as \(aside)")
  }

  private static func freeName(beside path: String) throws(Posix.Failure) -> String {
    for number in 1...1000 {
      let name = "\(path).before-\(number)"
      if try Posix.kind(of: name) == .nothing { return name }
    }
    throw .exists
  }
}
