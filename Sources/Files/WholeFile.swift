/// Writes `bytes` to `named` whole or not at all: under a hidden name beside it, then renamed.
///
/// An existing file is replaced with `force` only (behind a link: the file that it leads to); a
/// device or a pipe is written as it stands. When the process is interrupted nothing is left.
///
/// - Throws: `ConfigError` when `named` exists, is a directory or cannot be written.
public func writeFile(_ bytes: [UInt8], to named: String, force: Bool) throws(ConfigError) {
  try writeFile(to: named, force: force) { file in fill(&file, bytes) }
}

/// Writes what `body` writes to `named`, as `writeFile` of bytes does, without holding all of it.
///
/// - Throws: as `writeFile` of bytes does.
public func writeFile(
  to named: String, force: Bool, _ body: (inout ByteFile) -> Void
) throws(ConfigError) {
  let path = Posix.realPath(named) ?? named
  let name = Paths.last(of: path)
  let parent = Paths.directory(of: path)
  let place = Place.file(named)
  if try checked(path, place, force: force) == .other {
    var file = try ByteFile(existing: path)
    body(&file)
    return try file.close()
  }
  let partial = Paths.join(parent, ".\(name).partial-\(Posix.processID)")
  let interruption = Interruption(removing: partial)
  let fault = failure { () throws(ConfigError) in
    var file = try ByteFile(creating: partial)
    body(&file)
    try file.close()
  }
  // From here to its end the renaming is not cut in half.
  interruption.hold()
  defer { interruption.release() }
  do throws(ConfigError) {
    if let fault { throw fault }
    try publish(partial, at: path, force: force)
  } catch {
    Posix.remove(partial)
    throw error
  }
}

/// Writes `bytes` to `path` whole or not at all, replacing what stands there.
///
/// Made for many writers at once, on one machine or on several that share a disk: it handles no
/// interruptions, and what a killed writer leaves is hidden and holds `.partial-`.
package func replaceFile(
  at path: String, _ body: (inout ByteFile) throws(ConfigError) -> Void
) throws(ConfigError) {
  let name = Paths.last(of: path)
  let writer = "\(Posix.hostName)-\(Posix.processID)"
  let partial = Paths.join(Paths.directory(of: path), ".\(name).partial-\(writer)")
  Posix.remove(partial)
  do throws(ConfigError) {
    var file = try ByteFile(creating: partial)
    try body(&file)
    try file.close()
    do {
      try Posix.move(partial, to: path)
    } catch {
      throw ConfigError(.file(path), "cannot be written: \(error.reason)")
    }
  } catch {
    Posix.remove(partial)
    guard error.place == .file(partial) else { throw error }
    throw ConfigError(.file(path), error.message)
  }
}

private func fill(_ file: inout ByteFile, _ bytes: [UInt8]) {
  let piece = 1 << 20
  for start in stride(from: 0, to: bytes.count, by: piece) {
    bytes.withUnsafeBytes { all in
      let part = all[start..<min(start + piece, bytes.count)]
      file.write(UnsafeRawBufferPointer(rebasing: part))
    }
  }
}

private func publish(_ partial: String, at path: String, force: Bool) throws(ConfigError) {
  let place = Place.file(path)
  if !force, try kind(of: path, for: place) != .nothing {
    throw ConfigError(place, "exists; another process has written it meanwhile")
  }
  do {
    try Posix.move(partial, to: path)
  } catch {
    throw ConfigError(place, "cannot be written: \(error.reason)")
  }
}

private func kind(of path: String, for place: Place) throws(ConfigError) -> Posix.Kind {
  do {
    return try Posix.kind(of: path)
  } catch {
    throw ConfigError(place, "cannot be written: \(error.reason)")
  }
}

/// What `body` throws; nil when it does not.
private func failure(_ body: () throws(ConfigError) -> Void) -> ConfigError? {
  do {
    try body()
    return nil
  } catch {
    return error
  }
}

/// Checks that `writeFile` could write the file `named` now, before long work is done for it.
///
/// - Throws: as `writeFile` for a file that exists, a directory, and a directory that is missing.
public func checkFile(_ named: String, force: Bool) throws(ConfigError) {
  _ = try checked(Posix.realPath(named) ?? named, .file(named), force: force)
}

/// What lies at `path`: nothing, a file that may be replaced, or a pipe or device.
private func checked(
  _ path: String, _ place: Place, force: Bool
) throws(ConfigError) -> Posix.Kind {
  let parent = Paths.directory(of: path)
  let here = parent.isEmpty ? "." : parent
  guard try kind(of: here, for: place) == .directory else {
    throw ConfigError(place, "cannot be written: there is no directory \(here)")
  }
  let found = try kind(of: path, for: place)
  switch found {
  case .nothing, .other: break
  case .file where force: break
  case .file: throw ConfigError(place, "exists; name another file, or add --force to replace it")
  case .directory: throw ConfigError(place, "is a directory; name a file")
  }
  return found
}
