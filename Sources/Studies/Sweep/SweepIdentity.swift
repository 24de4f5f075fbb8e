internal import Experiment
internal import Files

/// What sweep.json says: whose the directory is, and how its table is to be built.
struct SweepIdentity: Sendable, Equatable {
  /// Hash of everything that the results depend on.
  var hash: String
  /// Points of the whole sweep.
  var points: Int
  /// The varied keys.
  var keys: [String]
  /// Runs of each point, which follow one another.
  var seeds: Int
  /// Whether a point has tiers under HBM, of which the table has columns.
  var hasTiers: Bool
  /// Version of the program that began it.
  var toolVersion: String
  /// Name of the sweep file.
  var file: String

  /// The identity of `plan`.
  init(_ plan: SweepPlan) {
    hash = plan.hash
    points = plan.points.count
    keys = plan.keys
    seeds = max(1, plan.seeds.count)
    hasTiers = plan.hasTiers
    toolVersion = martletVersion
    file = Paths.last(of: plan.file)
  }

  /// The identity of the directory at `path`.
  ///
  /// - Throws: `ConfigError` when it has none, or that of another version.
  init(readingFrom path: String) throws(ConfigError) {
    let file = "\(path)/sweep.json"
    let directory = Place.file(path)
    guard (try? Posix.kind(of: path)) == .directory else {
      throw ConfigError(directory, "no such directory")
    }
    guard (try? Posix.kind(of: file)) == .file else {
      throw ConfigError(directory, "is no directory of a sweep: it has no sweep.json")
    }
    do throws(ConfigError) {
      self = try Self.read(try ExperimentConfig.text(of: file), file: file)
    } catch {
      throw ConfigError(
        error.place ?? directory, key: error.key, "\(error.message); is it of a sweep?")
    }
    guard toolVersion == martletVersion else {
      throw ConfigError(
        directory,
        "was begun by martlet \(toolVersion), this is \(martletVersion); their results do not mix")
    }
  }

  /// Whether both are the same sweep; a renamed file is.
  static func == (a: SweepIdentity, b: SweepIdentity) -> Bool {
    a.hash == b.hash && a.points == b.points && a.keys == b.keys && a.seeds == b.seeds
      && a.toolVersion == b.toolVersion
  }

  /// The value of sweep.json.
  var json: JSON {
    .object(
      [
        ("file", .string(file)), ("sweep_hash", .string(hash)), ("points", .integer(Int64(points))),
        ("keys", .array(keys.map { .string($0) })), ("seeds", .integer(Int64(seeds))),
        ("tool_version", .string(toolVersion)),
      ] + (hasTiers ? [("tiers", .bool(true))] : []))
  }

  private static func read(_ text: String, file: String) throws(ConfigError) -> SweepIdentity {
    try MappingReader.read(
      try ConfigNode(yaml: text, file: file), path: "", at: .file(file),
      keys: ["file", "sweep_hash", "points", "keys", "seeds", "tool_version", "tiers"]
    ) { (r) throws(ConfigError) in
      var keys: [String] = []
      if case .sequence(let nodes)? = r.optional("keys")?.node.content {
        for node in nodes {
          keys.append(try Field(node: node, key: "keys", place: node.place).text())
        }
      }
      return SweepIdentity(
        hash: try r.required("sweep_hash", "a hash").text(),
        points: try r.required("points", "a number").whole(in: 1...SweepFile.mostPoints),
        keys: keys,
        seeds: try r.required("seeds", "a number").whole(in: 1...SweepFile.mostPoints),
        hasTiers: try r.bool("tiers", default: false).value,
        toolVersion: try r.required("tool_version", "a version").text(),
        file: try r.required("file", "a name").text())
    }
  }

  private init(
    hash: String, points: Int, keys: [String], seeds: Int, hasTiers: Bool, toolVersion: String,
    file: String
  ) {
    self.hash = hash
    self.points = points
    self.keys = keys
    self.seeds = seeds
    self.hasTiers = hasTiers
    self.toolVersion = toolVersion
    self.file = file
  }
}
