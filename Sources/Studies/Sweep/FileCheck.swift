public import Experiment
public import Files

/// A file in which nothing is wrong: the answer of `martlet validate`.
public struct FileCheck: Sendable {
  /// What a file says.
  public enum Kind: String, Sendable {
    /// One run.
    case experiment
    /// Many runs: an experiment under `base` and what varies.
    case sweep
    /// One run and what is expected of it: `base` and `expect`.
    case scenario
  }

  private let file: String
  private let kind: Kind
  private let expectations: Int
  private let hash: String
  private let points: Int
  private let misfits: [Int]
  private let firstMisfit: String?
  /// What a reader should know of the file, one line each.
  public let caveats: [String]

  /// What the file at `path` says.
  ///
  /// - Throws: `ConfigError` when it cannot be read as YAML.
  public static func kind(of path: String) throws(ConfigError) -> Kind {
    let root = try ConfigNode(yaml: try ExperimentConfig.text(of: path), file: path)
    if ScenarioFile.isOne(root) { return .scenario }
    return root.value(at: "base") == nil ? .experiment : .sweep
  }

  /// Checks the experiment of `assembly`, read from `file`.
  ///
  /// - Throws: `ConfigError` for the first fault.
  public init(_ assembly: Assembly, file: String) throws(ConfigError) {
    try assembly.checkWorkload()
    self.file = file
    (kind, expectations) = (.experiment, 0)
    hash = try assembly.config.configHash(assembly.resolved)
    (points, misfits, firstMisfit, caveats) = (1, [], nil, [])
  }

  /// The answer for a sweep, all of whose points have been checked.
  public init(_ plan: SweepPlan) { self.init(plan, .sweep) }

  /// Checks the scenario at `path`.
  ///
  /// - Throws: `ConfigError` for the first fault.
  public init(scenario path: String) throws(ConfigError) {
    let scenario = try Scenario(readingFrom: path)
    self.init(scenario.plan, .scenario, expectations: scenario.expectations.count)
  }

  private init(_ plan: SweepPlan, _ kind: Kind, expectations: Int = 0) {
    file = plan.file
    (self.kind, self.expectations) = (kind, expectations)
    hash = kind == .sweep ? plan.hash : plan.points[0].hash
    points = plan.points.count
    misfits = plan.points.filter { $0.misfit != nil }.map(\.index)
    firstMisfit = plan.points.lazy.compactMap(\.misfit).first
    caveats = plan.caveats
  }

  /// One line for a person, two when something cannot run.
  public var text: String {
    func many(_ count: Int, _ what: String) -> String { "\(count) \(what)\(count == 1 ? "" : "s")" }
    let what =
      switch kind {
      case .experiment: ""
      case .sweep: ", a sweep of \(many(points, "point"))"
      case .scenario: ", a scenario with \(many(expectations, "expectation"))"
      }
    let head = "\(file): valid\(what)\n"
    guard let index = misfits.first, let firstMisfit else { return head }
    guard kind == .sweep else { return head + "it cannot run: \(firstMisfit)\n" }
    return head + "\(misfits.count) cannot run, the first is point \(index): \(firstMisfit)\n"
  }

  /// The same for programs.
  public var json: JSON {
    .object([
      ("file", .string(file)), ("kind", .string(kind.rawValue)), ("valid", .bool(true)),
      ("points", .integer(Int64(points))),
      ("cannot_run", .array(misfits.map { .integer(Int64($0)) })), ("hash", .string(hash)),
    ])
  }
}
