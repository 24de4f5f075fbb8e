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

  /// The experiments in `directory`, by name; a file that is none is named in the notes.
  static func scenarios(in directory: String?) -> Listing {
    var entries: [Entry] = []
    var notes: [String] = []
    for name in (try? Posix.names(in: directory ?? "")) ?? [] where name.hasSuffix(".yaml") {
      let path = Paths.relative(Paths.join(directory ?? "", name), to: ".")
      do {
        entries.append(entry(of: try ExperimentConfig.load(path), at: path))
      } catch {
        notes.append("warning: \(error)")
      }
    }
    return Listing(
      [.text("name"), .text("model"), .text("gpu"), .text("scheduler"), .text("file")], entries,
      notes: notes)
  }

  private static func entry(of config: ExperimentConfig, at path: String) -> Entry {
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
      cells: [config.name, model, gpu, scheduler, path],
      fields: [
        ("name", .string(config.name)), ("file", .string(path)), ("model", .string(model)),
        ("gpu", .string(gpu)), ("instances", .integer(Int64(config.cluster.instances.value))),
        ("scheduler", .string(scheduler)),
      ])
  }
}
