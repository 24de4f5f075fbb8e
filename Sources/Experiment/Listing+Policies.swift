internal import Cluster
internal import Cost
internal import Files
internal import Kernel
internal import Memory
internal import Schedulers
internal import Serving
internal import Workload

extension Listing {
  static var schedulers: Listing {
    func entry<S: Scheduler>(_ type: S.Type) -> Entry {
      Entry(
        cells: [S.name, S.isOracle ? "oracle" : "", S.summary],
        fields: [
          ("name", .string(S.name)), ("oracle", .bool(S.isOracle)), ("summary", .string(S.summary)),
        ], options: optionDefaults(S.Options.self))
    }
    return Listing(
      [.text("name"), .text("knows"), .text("what")], Schedulers.schedulers.map { entry($0) })
  }

  static var evictions: Listing {
    func entry<E: EvictionPolicy>(_ type: E.Type) -> Entry {
      Entry(
        cells: [E.name, E.isOracle ? "oracle" : "", E.summary],
        fields: [
          ("name", .string(E.name)), ("oracle", .bool(E.isOracle)), ("summary", .string(E.summary)),
        ], options: optionDefaults(E.Options.self))
    }
    return Listing(
      [.text("name"), .text("knows"), .text("what")], Memory.evictions.map { entry($0) })
  }

  static var routers: Listing {
    func entry<R: Router>(_ type: R.Type) -> Entry {
      Entry(
        cells: [R.name, R.summary],
        fields: [("name", .string(R.name)), ("summary", .string(R.summary))],
        options: optionDefaults(R.Options.self))
    }
    return Listing([.text("name"), .text("what")], Cluster.routers.map { entry($0) })
  }

  static var autoscalers: Listing {
    func entry<A: Autoscaler>(_ type: A.Type) -> Entry {
      Entry(
        cells: [A.name, A.summary],
        fields: [("name", .string(A.name)), ("summary", .string(A.summary))],
        options: optionDefaults(A.Options.self))
    }
    return Listing([.text("name"), .text("what")], Cluster.autoscalers.map { entry($0) })
  }

  static var costs: Listing {
    func entry<C: CostModel>(_ type: C.Type) -> Entry {
      Entry(
        cells: [C.name, C.summary],
        fields: [("name", .string(C.name)), ("summary", .string(C.summary))],
        options: optionDefaults(C.Options.self))
    }
    return Listing([.text("name"), .text("what")], costModels.map { entry($0) })
  }

  static var formats: Listing {
    Listing(
      [.text("name"), .text("what")],
      traceFormats.map { format in
        Entry(
          cells: [format.name, format.summary],
          fields: [
            ("name", .string(format.name)), ("summary", .string(format.summary)),
            ("fields", .array(format.fields.map { .string($0) })),
          ])
      })
  }

  static var distributions: Listing {
    parametric(
      Distribution.names.map { name in
        let keys = DistributionConfig.keys(of: name)
        return (name, keys.needed, keys.optional)
      })
  }

  static var arrivals: Listing {
    parametric(
      GenerateConfig.Arrivals.processes.map {
        ($0.name, $0.keys, GenerateConfig.Arrivals.optional[$0.name] ?? [])
      })
  }

  static var slos: Listing {
    Listing(
      [.text("name"), .number("p99 TTFT"), .number("p99 TPOT"), .text("source")],
      SLOPreset.all.map { preset in
        let (ttft, tpot) = (preset.timeToFirstToken, preset.timePerOutputToken)
        return Entry(
          cells: [
            preset.name, "\(ttft) ms", "\(tpot) ms", SLOPreset.source,
          ],
          fields: [
            ("name", .string(preset.name)), ("p99_ttft_ms", .integer(Int64(ttft))),
            ("p99_tpot_ms", .integer(Int64(tpot))), ("source", .string(SLOPreset.source)),
          ])
      })
  }

  /// Families and the keys that each takes.
  private static func parametric(
    _ families: [(name: String, needed: [String], optional: [String])]
  ) -> Listing {
    func list(_ keys: [String]) -> JSON { .array(keys.map { .string($0) }) }
    return Listing(
      [.text("name"), .text("parameters"), .text("optional")],
      families.map { family in
        Entry(
          cells: [
            family.name, family.needed.joined(separator: ", "),
            family.optional.joined(separator: ", "),
          ],
          fields: [
            ("name", .string(family.name)), ("parameters", list(family.needed)),
            ("optional", list(family.optional)),
          ])
      })
  }
}

extension DistributionConfig {
  /// The keys that a distribution called `name` must have and those that it may have.
  static func keys(of name: String) -> (needed: [String], optional: [String]) {
    let own = parameters[name] ?? []
    return switch name {
    // Bounds of the support, so they are no option there.
    case "uniform": (own + ["min", "max"], [])
    case "zipf": (own + ["max"], ["min"])
    default: (own, ["min", "max"])
    }
  }
}
