public import Experiment
public import Files

/// What the command line changes of the experiments that a comparison runs.
public struct RunChanges: Sendable {
  /// Settings, in the order of the command line.
  public var overrides: [Override]
  /// Seeds of each; empty: its own one.
  public var seeds: [UInt64]

  /// Experiments as they are, but for these.
  public init(overrides: [Override] = [], seeds: [UInt64] = []) {
    self.overrides = overrides
    self.seeds = seeds
  }

  /// Refuses changes where no experiment takes them.
  ///
  /// - Throws: `ConfigError` when there are any.
  public func refuse(because reason: String) throws(ConfigError) {
    if let override = overrides.first {
      throw ConfigError(override.place, "has no meaning here: \(reason)")
    }
    guard seeds.isEmpty else {
      throw ConfigError(.flag("--seeds"), "has no meaning here: \(reason)")
    }
  }
}

/// The answer to `martlet compare`, whatever was compared.
public enum CompareAnswer: Sendable {
  /// Two results or experiments.
  case sides(Comparison)
  /// A simulated run against a measured one.
  case measured(MeasuredComparison)

  /// Compares what lies at `a` and `b`, running experiments in `pool` with `changes`.
  ///
  /// - Throws: `ConfigError` when one of them cannot be compared.
  public static func of(
    _ a: String, _ b: String, _ changes: RunChanges, _ settings: CompareSettings, in pool: RunPool
  ) throws(ConfigError) -> CompareAnswer {
    let sources = [
      (a, try SideReader.read(a, changes)), (b, try SideReader.read(b, changes)),
    ]
    let plans = sources.compactMap { source in
      if case .plan(let plan) = source.1 { return plan }
      return nil
    }
    if plans.isEmpty { try changes.refuse(because: "neither A nor B is an experiment") }
    // Requests tell more of single runs; of many they would fill the memory.
    let isSingle = plans.allSatisfy { $0.points.count == 1 }
    var runs = pool.run(plans.flatMap(\.points), keepsRequests: isSingle)[...]
    var sides: [ComparedSide] = []
    for (name, source) in sources {
      switch source {
      case .results(let side): sides.append(side)
      case .plan(let plan):
        sides.append(ComparedSide(plan, Array(runs.prefix(plan.points.count)), name: name))
        runs = runs.dropFirst(plan.points.count)
      }
    }
    switch (sides[0].kind == .measured, sides[1].kind == .measured) {
    case (true, false):
      return .measured(try MeasuredComparison(measured: sides[0], simulated: sides[1], settings))
    case (false, true):
      return .measured(try MeasuredComparison(measured: sides[1], simulated: sides[0], settings))
    default: return .sides(try Comparison(sides[0], sides[1], settings))
    }
  }

  /// Whether B is worse than the tolerances allow.
  public var isWorse: Bool {
    switch self {
    case .sides(let comparison): comparison.isWorse
    case .measured(let comparison): comparison.isWorse
    }
  }

  /// Whether a metric that was asked for by name is defined on one side alone.
  public var isMissing: Bool {
    switch self {
    case .sides(let comparison): comparison.isMissing
    case .measured(let comparison): comparison.isMissing
    }
  }

  /// The answer for a person.
  public var text: String {
    switch self {
    case .sides(let comparison): comparison.text
    case .measured(let comparison): comparison.text
    }
  }

  /// The answer of `--json`.
  public var json: JSON {
    switch self {
    case .sides(let comparison): comparison.json
    case .measured(let comparison): comparison.json
    }
  }

  /// compare.csv and columns.json, by name.
  public var files: [(name: String, bytes: [UInt8])] {
    switch self {
    case .sides(let comparison): comparison.files
    case .measured(let comparison): comparison.files
    }
  }
}
