public import Experiment
public import Files

/// A file in which nothing is wrong: the answer of `martlet validate`.
public struct FileCheck: Sendable {
  private let file: String
  private let kind: String
  private let hash: String
  private let points: Int
  private let misfits: [Int]
  private let firstMisfit: String?
  /// What a reader should know of the file, one line each.
  public let caveats: [String]

  /// Whether the file at `path` is a sweep: an experiment under `base`.
  ///
  /// - Throws: `ConfigError` when it cannot be read as YAML.
  public static func isSweep(_ path: String) throws(ConfigError) -> Bool {
    try ConfigNode(yaml: try ExperimentConfig.text(of: path), file: path).value(at: "base") != nil
  }

  /// Checks the experiment of `assembly`, read from `file`.
  ///
  /// - Throws: `ConfigError` for the first fault.
  public init(_ assembly: Assembly, file: String) throws(ConfigError) {
    try assembly.checkWorkload()
    self.file = file
    kind = "experiment"
    hash = try assembly.config.configHash(assembly.resolved)
    (points, misfits, firstMisfit, caveats) = (1, [], nil, [])
  }

  /// The answer for a sweep, all of whose points have been checked.
  public init(_ plan: SweepPlan) {
    file = plan.file
    kind = "sweep"
    hash = plan.hash
    points = plan.points.count
    misfits = plan.points.filter { $0.misfit != nil }.map(\.index)
    firstMisfit = plan.points.lazy.compactMap(\.misfit).first
    caveats = plan.caveats
  }

  /// One line for a person, two when points of a sweep cannot run.
  public var text: String {
    guard kind == "sweep" else { return "\(file): valid\n" }
    let head = "\(file): valid, a sweep of \(points) \(points == 1 ? "point" : "points")\n"
    guard let index = misfits.first, let firstMisfit else { return head }
    return head + "\(misfits.count) cannot run, the first is point \(index): \(firstMisfit)\n"
  }

  /// The same for programs.
  public var json: JSON {
    .object([
      ("file", .string(file)), ("kind", .string(kind)), ("valid", .bool(true)),
      ("points", .integer(Int64(points))),
      ("cannot_run", .array(misfits.map { .integer(Int64($0)) })), ("hash", .string(hash)),
    ])
  }
}
