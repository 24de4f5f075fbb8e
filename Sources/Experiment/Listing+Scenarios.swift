internal import Files

extension Listing {
  /// The directory of experiment files that comes with an executable: `Workloads` in one of the
  /// four directories above it, as in a checkout and as unpacked; nil when there is none.
  ///
  /// `executables` are paths under which the executable may be known; the first that exists counts.
  public static func scenarioDirectory(near executables: [String]) -> String? {
    guard var path = executables.lazy.compactMap({ Posix.realPath($0) }).first else { return nil }
    for _ in 0..<4 {
      path = Paths.directory(of: path)
      let candidate = Paths.join(path, "Workloads")
      if let kind = try? Posix.kind(of: candidate), kind == .directory { return candidate }
    }
    return nil
  }

  /// The experiments in `directory` and the scenarios in `scenarios` below it, by name; a file that
  /// is neither is named in the notes.
  static func scenarios(in directory: String?) -> Listing {
    var entries: [Entry] = []
    var notes: [String] = []
    for folder in [directory, directory.map { Paths.join($0, "scenarios") }] {
      let names = folder.flatMap { try? Posix.names(in: $0) } ?? []
      for name in names where name.hasSuffix(".yaml") {
        let path = Paths.relative(Paths.join(folder ?? "", name), to: ".")
        do {
          let (config, expected) = try experiment(at: path)
          entries.append(entry(of: config, expecting: expected, at: path))
        } catch {
          notes.append("warning: \(error)")
        }
      }
    }
    return Listing(
      [
        .text("name"), .text("model"), .text("gpu"), .text("scheduler"), .number("expects"),
        .text("file"),
      ], entries, notes: notes)
  }

  /// The experiment at `path`, of a scenario the one it runs, and how many keys of its result
  /// it expects something of.
  private static func experiment(
    at path: String
  ) throws(ConfigError) -> (config: ExperimentConfig, expected: Int) {
    let root = try ConfigNode(yaml: try ExperimentConfig.text(of: path), file: path)
    guard ScenarioFile.isOne(root) else { return (try ExperimentConfig.load(path), 0) }
    let scenario = try ScenarioFile(root, path: path)
    var config = try ExperimentConfig(scenario.experiment, file: path)
    config.name = Paths.stem(of: path)
    return (config, scenario.expectations.count)
  }

  private static func entry(
    of config: ExperimentConfig, expecting expected: Int, at path: String
  ) -> Entry {
    let model =
      switch config.model.value {
      case .name(let name): name
      case .file(let path): path
      case .inline: "inline"
      }
    let gpu =
      switch config.cluster.gpu.value {
      case .name(let name): name
      case .inline: "inline"
      }
    let scheduler = config.engine.scheduler.name.value
    return Entry(
      cells: [
        config.name, model, gpu, scheduler, expected > 0 ? "\(expected)" : "", path,
      ],
      fields: [
        ("name", .string(config.name)), ("file", .string(path)), ("model", .string(model)),
        ("gpu", .string(gpu)), ("instances", .integer(Int64(config.cluster.instances.value))),
        ("scheduler", .string(scheduler)), ("expects", .integer(Int64(expected))),
      ])
  }
}
