public import Calibration
internal import Catalog
public import Files
internal import Units

/// Which rows of files of measured runs are meant, and what the files do not say.
public struct RunChoice: Sendable {
  /// Only rows of this engine, as the file names it.
  public var engine: String?
  /// Only rows of this model; of a file that names none, the model that was served.
  public var model: String?
  /// Only rows of this GPU; of a file that names none, the GPU that was measured.
  public var gpu: String?
  /// GPUs of an instance of a file that does not say.
  public var tensorParallel = 1
  /// An engine profile for all rows; nil: by engine and version.
  public var profile: String?
  /// A model to whose rows host times are fitted first; the others are replayed with them.
  public var fittedOn: String?
  /// `key=value` settings laid over every experiment.
  public var overrides: [String] = []

  /// All rows.
  public init() {}

  /// The catalogue's model of `name`.
  func model(of name: String) throws(ConfigError) -> Model {
    if let model = Model.named(name) ?? Model.measured(name) { return model }
    throw .unknown("model", name, known: Model.all.map(\.name), at: .flag("--model"))
  }

  /// The catalogue's GPU of `name`.
  func gpu(of name: String) throws(ConfigError) -> GPU {
    if let gpu = GPU.measured(name) { return gpu }
    throw .unknown("GPU", name, known: GPU.all.map(\.name), at: .flag("--gpu"))
  }

  /// How runs are replayed.
  func replay() throws(ConfigError) -> RunReplay {
    if let profile, EngineProfile.named(profile) == nil {
      throw .unknown(
        "engine profile", profile, known: EngineProfile.all.map(\.name), at: .flag("--profile"))
    }
    guard tensorParallel >= 1 else {
      throw ConfigError(.flag("--tp"), "\(tensorParallel) is no number of GPUs; write 1 or more")
    }
    var list: [Override] = []
    for text in overrides { list.append(try Override(text)) }
    return RunReplay(profile: profile, overrides: list)
  }

  /// Whether `row` is meant.
  func keeps(_ row: MeasuredRunRow) throws(ConfigError) -> Bool {
    if let engine, engine.lowercased() != row.engine.lowercased() { return false }
    if let model, Model.measured(row.modelName) != (try self.model(of: model)) { return false }
    if let gpu, GPU.measured(row.gpuName) != (try self.gpu(of: gpu)) { return false }
    if let fittedOn, Model.measured(row.modelName) == (try self.model(of: fittedOn)) {
      return false
    }
    return true
  }

  /// Refuses an engine that has no profile and that none of `files` names.
  func checkEngine(_ files: [MeasuredRunFile]) throws(ConfigError) {
    guard let engine else { return }
    var known = EngineProfile.measuredEngines
    for name in files.flatMap(\.engines) where !known.contains(name.lowercased()) {
      known.append(name.lowercased())
    }
    guard known.contains(engine.lowercased()) else {
      throw .unknown("engine", engine, known: known, at: .flag("--engine"))
    }
  }
}

/// A file of measured runs.
public struct MeasuredRunFile: Sendable {
  /// What it holds.
  public enum Content: Sendable {
    /// Runs, a row each.
    case runs([MeasuredRunRow])
    /// The requests of one run.
    case requests(MeasuredRequests)
  }

  /// As the user named it.
  public let path: String
  /// Hash of its bytes.
  public let contentHash: String
  /// Kind of file, such as `closed-loop`.
  public let kind: String
  /// Its rows that `RunChoice` means.
  public let content: Content
  /// The engines that its rows name, also those that are not meant.
  let engines: [String]

  /// Reads the file at `path`: CSV by its header, JSON as `vllm bench serve` writes it.
  ///
  /// - Throws: `ConfigError` for a file that cannot be read, a header of no known kind, and a value
  ///   that makes no sense.
  public init(_ path: String, _ choice: RunChoice) throws(ConfigError) {
    self.path = path
    let bytes = try ExperimentConfig.bytes(of: path)
    do {
      if bytes.first(where: { !" \n\r\t".utf8.contains($0) }) == UInt8(ascii: "{") {
        let result = try BenchResult(bytes, path: path, choice)
        (kind, contentHash) = ("vllm-bench", result.contentHash)
        content = .runs([result.row])
        engines = []
        return
      }
      let table = try MeasuredTable(bytes, name: path)
      contentHash = table.contentHash
      if table.has(MeasuredRequests.columns) {
        kind = "requests"
        content = .requests(try MeasuredRequests(table))
        engines = []
        return
      }
      guard let type = Self.type(of: table) else { throw Self.unknown(table) }
      kind = type.name
      var rows: [MeasuredRunRow] = []
      var engines: [String] = []
      for row in table.rows {
        let read = try type.row(row)
        if !engines.contains(read.engine) { engines.append(read.engine) }
        if try choice.keeps(read) { rows.append(read) }
      }
      content = .runs(rows)
      self.engines = engines
    } catch let error as CalibrationError {
      throw ConfigError(nil, "\(error)")
    } catch let error as ConfigError {
      throw error
    } catch {
      throw ConfigError(.file(path), "\(error)")
    }
  }

  /// Whether the file at `path` is of a kind that this reads; false also when it cannot be read.
  public static func isOne(_ path: String) -> Bool {
    guard let bytes = try? ExperimentConfig.bytes(of: path) else { return false }
    if bytes.first(where: { !" \n\r\t".utf8.contains($0) }) == UInt8(ascii: "{") { return true }
    guard let table = try? MeasuredTable(bytes, name: path) else { return false }
    return table.has(MeasuredRequests.columns) || type(of: table) != nil
  }

  private static func type(of table: MeasuredTable) -> (any MeasuredRunClass.Type)? {
    measuredRunClasses.first { table.has($0.columns) }
  }

  private static func unknown(_ table: MeasuredTable) -> CalibrationError {
    let known =
      measuredRunClasses.map { "\($0.name): \($0.columns.joined(separator: ","))" }
      + ["requests: \(MeasuredRequests.columns.joined(separator: ","))"]
    return CalibrationError(
      table.name,
      "the header \(table.header.joined(separator: ",")) is of no known run; known: "
        + known.joined(separator: "; "))
  }
}
