public import Experiment
public import Files
internal import Kernel

/// One run of a sweep.
public struct SweepPoint: Sendable {
  /// Its number, from 0, in the order of the file.
  public let index: Int
  /// The values of the varied keys as text, one a column.
  public let cells: [String]
  /// The experiment.
  public let config: ExperimentConfig
  /// Hash of the experiment and of the files it names.
  public let hash: String
  /// Why it cannot run although each of its settings is right; nil when it can.
  public let misfit: String?
}

/// A sweep whose every point is read and checked, before the first one runs.
public struct SweepPlan: Sendable {
  /// Path of the sweep file.
  public let file: String
  /// What the command line laid over the base, as typed.
  public let overrides: [String]
  /// The varied keys, in the order of the file.
  public let keys: [String]
  /// Values of each key under `vary`, and seeds, for a reader.
  public let axes: [(key: String, values: Int)]
  /// The seeds under `seeds`; empty when the base has the only one.
  public let seeds: [UInt64]
  /// The points: the cross product with its first key slowest, then the explicit ones; each with
  /// every seed in turn.
  public let points: [SweepPoint]
  /// What a reader should know of the file, one line each.
  public let caveats: [String]
  /// Hash of everything that the results depend on, traces included.
  public let hash: String

  /// Whether a point has tiers under HBM.
  var hasTiers: Bool { points.contains { $0.config.cluster.memory != nil } }

  /// Reads the sweep file at `path`, lays `overrides` over its base and checks every point of it.
  ///
  /// - Throws: `ConfigError` for the first fault of any point: key, type, range, name, a trace that
  ///   cannot be read. A model that does not fit is no fault of the sweep but of its point.
  public static func load(
    _ path: String, overrides: [Override] = []
  ) throws(ConfigError) -> SweepPlan {
    try SweepPlan(try ExperimentConfig.text(of: path), file: path, overrides: overrides)
  }

  /// Where the results of the sweep file at `path` go when nobody says.
  public static func defaultDirectory(for path: String) -> String { "\(Paths.stem(of: path))-out" }

  /// Reads a sweep from `yaml`, the text of the file called `file`.
  public init(
    _ yaml: String, file: String, overrides: [Override] = []
  ) throws(ConfigError) {
    try self.init(
      try SweepFile(yaml, file: file, overrides: overrides), file: file, overrides: overrides)
  }

  /// The sweep that `source`, of the file called `file` with `overrides` laid over it, describes.
  init(_ source: SweepFile, file: String, overrides: [Override] = []) throws(ConfigError) {
    var reader = PointReader(source, file: file)
    for settings in source.combinations { try reader.read(settings) }
    self.file = file
    self.overrides = overrides.map(\.text)
    keys = source.keys
    axes = source.axes.map { ($0.key, $0.values.count) }
    seeds = source.seeds
    points = reader.points
    caveats = reader.caveats
    hash = try reader.hash()
  }
}

/// Reads the points of a sweep one after the other; what they share is looked at once.
private struct PointReader {
  let source: SweepFile
  let file: String
  let keys: [String]
  let standing: [String]
  var points: [SweepPoint] = []
  var caveats: [String] = []
  private var workloads = WorkloadCheck()
  private var known: Set<[String]> = []
  private var traces: [String] = []

  init(_ source: SweepFile, file: String) {
    self.source = source
    self.file = file
    let keys = source.keys
    self.keys = keys
    standing = keys.map { key in
      source.base.value(at: key).map { SweepFile.Setting(key: key, value: $0).cell } ?? ""
    }
  }

  /// Adds the points of `settings`, one a seed.
  mutating func read(_ settings: [SweepFile.Setting]) throws(ConfigError) {
    let root = try source.experiment(settings)
    let cells = self.cells(of: settings, in: root)
    guard known.insert(cells).inserted else {
      // What begins the point tells its line.
      throw ConfigError(
        settings.first?.value.place ?? .file(file),
        "the point \(label(cells)) stands twice; leave one out (seeds repeats points)")
    }
    var config = try ExperimentConfig(root, file: file)
    var resolved = ResolvedConfig()
    var misfit: String?
    do throws(ConfigError) {
      resolved = try check(config)
    } catch {
      guard error.isMisfit else { throw error }
      misfit = error.unplaced
    }
    warn(of: config.output)
    for seed in source.seeds.isEmpty ? [config.seed] : source.seeds {
      config.seed = seed
      points.append(
        SweepPoint(
          index: points.count, cells: cells, config: config,
          hash: try config.configHash(resolved), misfit: misfit))
    }
  }

  /// The values of all varied keys at the point of `settings`, whose experiment is `root`.
  private func cells(of settings: [SweepFile.Setting], in root: ConfigNode) -> [String] {
    keys.enumerated().map { i, key in
      if let own = settings.last(where: { $0.key == key }) { return own.cell }
      // A point that sets what is above a key takes the base's value below it away.
      guard settings.contains(where: { key.hasPrefix("\($0.key).") }) else { return standing[i] }
      return root.value(at: key).map { SweepFile.Setting(key: key, value: $0).cell } ?? ""
    }
  }

  private func label(_ cells: [String]) -> String {
    zip(keys, cells).map { "\($0)=\($1.isEmpty ? "null" : $1)" }.joined(separator: " ")
  }

  private mutating func check(_ config: ExperimentConfig) throws(ConfigError) -> ResolvedConfig {
    if case .trace(let trace) = config.workload {
      if !traces.contains(trace.path.value) { traces.append(trace.path.value) }
    } else if case .servegen(let servegen) = config.workload,
      !traces.contains(servegen.data.value),
      (try? Posix.kind(of: servegen.data.value)) == .file
    {
      traces.append(servegen.data.value)
    }
    try workloads.check(config)
    let resolved = try Assembly(config).resolved
    try workloads.checkFit(config)
    return resolved
  }

  private mutating func warn(of output: OutputConfig) {
    guard output.steps || output.timeline else { return }
    let name = output.steps ? "steps" : "timeline"
    let caveat = "a sweep writes one row a point; output.\(name) writes nothing here"
    if !caveats.contains(caveat) { caveats.append(caveat) }
  }

  /// The hash of all points, of the labels of their rows and of the bytes of the traces.
  func hash() throws(ConfigError) -> String {
    var hash = ContentHash()
    func add(_ text: String) {
      for byte in text.utf8 { hash.add(byte) }
      hash.add(0 as UInt8)
    }
    add(martletVersion)
    for key in keys { add(key) }
    for point in points {
      add(point.hash)
      add(point.config.name)
      for cell in point.cells { add(cell) }
    }
    for path in traces { add(try Self.contentHash(of: path)) }
    return hash.hex
  }

  private static func contentHash(of path: String) throws(ConfigError) -> String {
    var hash = ContentHash()
    do {
      try Posix.readChunks(path) { hash.add($0) }
    } catch {
      throw ConfigError(.file(path), error.reason)
    }
    return hash.hex
  }
}

extension ConfigError {
  /// The error without its place, which depends on where the command was typed.
  var unplaced: String { ConfigError(nil, key: key, message).description }
}
