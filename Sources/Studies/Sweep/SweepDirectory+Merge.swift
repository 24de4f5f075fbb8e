internal import Experiment
public import Files

/// The table of a whole sweep.
public struct MergedSweep: Sendable {
  /// Points of the sweep: rows of sweep.csv.
  public let points: Int
  /// Points that were stopped or failed: rows of failed.csv.
  public let failed: Int
  /// Names of the files that were written.
  public let files: [String]
}

extension SweepDirectory {
  /// Writes sweep.csv, columns.json, if points failed failed.csv and if there are several seeds
  /// seeds.csv from the points' files.
  ///
  /// The bytes depend on the sweep alone: not on who ran which point, or when.
  ///
  /// - Throws: `ConfigError` when points are missing, stand twice or are unusable, or a file
  ///   cannot be written.
  public func merge() throws(ConfigError) -> MergedSweep {
    for name in try aliens() {
      if let saved = try? saved(name) {
        throw ConfigError(
          .file(path),
          "has point \(saved.index) twice: \(self.name(of: saved.index)) and \(name); remove one")
      }
      throw ConfigError(.file("\(path)/\(name)"), "is no point of this sweep; move it away")
    }
    let table = SweepTable(keys: identity.keys, hasTiers: identity.hasTiers)
    let seeds =
      identity.seeds > 1
      ? SeedsTable(keys: identity.keys, seeds: identity.seeds, hasTiers: identity.hasTiers) : nil
    var failures: [String] = []
    var (replications, means): ([String], [String]) = ([], [])
    try replaceFile(at: "\(path)/sweep.csv") { (file) throws(ConfigError) in
      file.write(table.header(table.columns))
      try eachPoint { (saved) throws(ConfigError) in
        guard let failure = table.failedRow(saved.row) else {
          throw ConfigError(
            .file("\(path)/\(name(of: saved.index))"), "has other columns than this sweep")
        }
        if saved.status != .ok { failures.append(failure) }
        file.write(saved.row)
        guard let seeds else { return }
        replications.append(saved.row)
        guard replications.count == identity.seeds else { return }
        means.append(seeds.row(replications))
        replications = []
      }
    }
    try write(table.columnsJSON(seeds), to: "columns.json")
    var files = ["sweep.csv", "columns.json"]
    let failed = failures.isEmpty ? nil : table.header(table.failedColumns) + failures.joined()
    let averaged = seeds.map { table.header($0.columns) + means.joined() }
    for (name, text) in [("failed.csv", failed), ("seeds.csv", averaged)] {
      if let text {
        try write(Array(text.utf8), to: name)
        files.append(name)
      } else {
        Posix.remove("\(path)/\(name)")
      }
    }
    removePartial()
    return MergedSweep(
      points: identity.points, failed: failures.count, files: files)
  }

  /// Hands over every point in order.
  private func eachPoint(
    _ body: (SavedPoint) throws(ConfigError) -> Void
  ) throws(ConfigError) {
    var missing: [Int] = []
    for index in 0..<identity.points {
      guard let saved = try whole(index) else {
        missing.append(index)
        continue
      }
      if missing.isEmpty { try body(saved) }
    }
    guard !missing.isEmpty else { return }
    let shown = missing.prefix(10).map { "\($0)" }.joined(separator: ", ")
    throw ConfigError(
      .file(path),
      "lacks \(missing.count) of \(identity.points) points (\(shown)"
        + (missing.count > 10 ? ", …" : "") + "); run their shards, or the sweep with --resume")
  }

  /// The file of point `index`; nil when there is none.
  private func whole(_ index: Int) throws(ConfigError) -> SavedPoint? {
    let name = name(of: index)
    do throws(SavedPointFault) {
      let saved = try saved(name)
      guard saved.index == index else { throw .unusable("is of point \(saved.index)") }
      return saved
    } catch {
      guard case .unusable(let fault) = error else { return nil }
      throw ConfigError(.file("\(path)/\(name)"), "\(fault); run the sweep with --resume")
    }
  }

  /// Removes what killed writers left.
  private func removePartial() {
    for directory in [path, "\(path)/points"] {
      for name in (try? Self.names(in: directory)) ?? []
      where name.hasPrefix(".") && name.contains(".partial-") {
        Posix.remove("\(directory)/\(name)")
      }
    }
  }
}
