internal import Experiment
public import Files
internal import Metrics

/// What `--dry-run` tells of a sweep.
public struct SweepEstimate: Sendable {
  private let plan: SweepPlan
  private let points: [SweepPoint]
  private let jobs: Int
  /// Wall-clock seconds that all points take; nil when none can run.
  public let seconds: Double?

  /// Runs at most three points of `shard` for up to 0.4 s each and scales their pace up.
  ///
  /// - Throws: `ConfigError` when a point's workload cannot be had.
  public init(
    _ plan: SweepPlan, shard: Shard?, jobs: Int, clock: () -> Double
  ) throws(ConfigError) {
    self.plan = plan
    points = plan.points.filter { shard?.holds($0) ?? true }
    self.jobs = max(1, min(jobs, points.count))
    let able = points.filter { $0.misfit == nil }
    let chosen = Set([0, able.count / 2, able.count - 1]).sorted().filter(able.indices.contains)
    var total = 0.0
    let traces = TraceLibrary(of: chosen.compactMap { able[$0].reading })
    for index in chosen { total += try Self.seconds(of: able[index], traces, clock) }
    let mean = chosen.isEmpty ? nil : total / Double(chosen.count)
    let rounds = Double(able.count) / Double(self.jobs)
    seconds = mean.map { $0 * max(1, rounds) }
  }

  private static func seconds(
    of point: SweepPoint, _ traces: TraceLibrary, _ clock: () -> Double
  ) throws(ConfigError) -> Double {
    let start = clock()
    var share = 1.0
    var warnings = Warnings { _ in }
    let whole = try Assembly(point.config).execute(
      sharing: traces, clock: clock, warnings: &warnings
    ) { progress in
      share = Double(max(1, progress.settled)) / Double(max(1, progress.requests))
      return clock() - start < 0.4
    }
    return (clock() - start) / (whole == nil ? share : 1)
  }

  /// The lines for a person.
  public var text: String {
    var lines = ["\(points.count) points, \(time) with \(jobs) \(jobs == 1 ? "job" : "jobs")"]
    if points.count < plan.points.count { lines[0] += "; the whole sweep has \(plan.points.count)" }
    for axis in plan.axes { lines.append("vary \(axis.key): \(axis.values) values") }
    if !plan.seeds.isEmpty {
      lines.append("seeds: " + plan.seeds.map { "\($0)" }.joined(separator: ", "))
    }
    if let first = points.first { lines.append("first: \(describe(first))") }
    if let last = points.last, points.count > 1 { lines.append("last: \(describe(last))") }
    let misfits = points.filter { $0.misfit != nil }
    if let first = misfits.first, let reason = first.misfit {
      lines.append("\(misfits.count) cannot run, the first is \(describe(first)): \(reason)")
    }
    let columns = SweepTable(keys: plan.keys, hasTiers: plan.hasTiers).columns.map(\.name)
    lines.append("columns of sweep.csv: \(columns.joined(separator: " "))")
    return lines.joined(separator: "\n") + "\n"
  }

  /// The same for programs.
  public var json: JSON {
    .object([
      ("points", .integer(Int64(points.count))),
      ("whole_sweep_points", .integer(Int64(plan.points.count))),
      ("estimated_wall_time_s", seconds.map { .number($0) } ?? .null),
      ("jobs", .integer(Int64(jobs))),
      ("seeds", .array(plan.seeds.map { .integer(Int64(clamping: $0)) })),
      ("keys", .array(plan.keys.map { .string($0) })),
      ("cannot_run", .array(points.filter { $0.misfit != nil }.map { .integer(Int64($0.index)) })),
      (
        "columns",
        .array(
          SweepTable(keys: plan.keys, hasTiers: plan.hasTiers).columns.map { .string($0.name) })
      ),
      ("sweep_hash", .string(plan.hash)),
    ])
  }

  private var time: String {
    guard let seconds else { return "none of which can run," }
    return "about \(WaitText.duration(seconds))"
  }

  private func describe(_ point: SweepPoint) -> String {
    let settings = zip(plan.keys, point.cells).map { "\($0)=\($1)" }
    return (["point \(point.index):"] + settings + ["seed=\(point.config.seed)"])
      .joined(separator: " ")
  }
}

/// Wall-clock times as a person reads them.
public enum WaitText {
  /// `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`.
  public static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 3.6e8 else { return "very long" }
    if seconds < 9.95 { return "\(Double(Int(seconds * 10 + 0.5)) / 10) s" }
    let whole = Int(seconds + 0.5)
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}
