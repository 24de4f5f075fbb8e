internal import Calibration
internal import Catalog
public import Files
internal import Metrics

extension RunValidation {
  /// A page for a person at a terminal.
  public var text: String {
    var lines = ["errors = |replayed / measured - 1|, %", ""]
    var table = TextTable([
      .text("source"), .text("engine"), .text("model"), .text("gpu"), .text("metric"),
      .number("rows"), .number("median"), .number("p90"), .number("bias"), .number("correlation"),
      .text("profile"),
    ])
    for group in groups {
      table.add([
        group.source, group.engine, group.model, group.gpu, group.metric, "\(group.errors.rows)",
        group.errors.medianAbsolute.fixed(1), group.errors.p90Absolute.fixed(1),
        group.errors.bias.fixed(1), NumberText.plain(group.correlation, 4), group.profile,
      ])
    }
    lines += groups.isEmpty ? [] : table.lines + [""]
    guard !skipped.isEmpty else { return lines.joined(separator: "\n") }
    var left = TextTable([
      .number("skipped"), .text("source"), .text("engine"), .text("model"), .text("because"),
    ])
    for row in skipped { left.add(["\(row.rows)", row.source, row.engine, row.model, row.reason]) }
    return (lines + left.lines).joined(separator: "\n") + "\n"
  }

  /// One object a group (contract of `validate-run --json`), then one for each reason to skip.
  public var json: JSON {
    func number(_ value: Double) -> JSON { .number(text: value.fixed(4)) }
    let compared = groups.map { group in
      JSON.object([
        ("source", .string(group.source)), ("engine", .string(group.engine)),
        ("model", .string(group.model)), ("gpu", .string(group.gpu)),
        ("metric", .string(group.metric)), ("rows", .integer(Int64(group.errors.rows))),
        ("median_ape_pct", number(group.errors.medianAbsolute)),
        ("p90_ape_pct", number(group.errors.p90Absolute)),
        ("bias_pct", number(group.errors.bias)), ("profile", .string(group.profile)),
        ("correlation", group.correlation.map(number) ?? .null),
        ("skipped_because", .null),
      ])
    }
    let left = skipped.map { row in
      JSON.object([
        ("source", .string(row.source)), ("engine", .string(row.engine)),
        ("model", .string(row.model)), ("gpu", .null), ("metric", .null),
        ("rows", .integer(Int64(row.rows))), ("median_ape_pct", .null), ("p90_ape_pct", .null),
        ("bias_pct", .null), ("profile", .null), ("correlation", .null),
        ("skipped_because", .string(row.reason)),
      ])
    }
    return .array(compared + left)
  }

  /// The groups as CSV.
  public var csv: String {
    var text =
      "source,engine,model,gpu,metric,rows,median_ape_pct,p90_ape_pct,bias_pct,correlation,"
      + "profile\n"
    for group in groups {
      let cells = [
        group.source, group.engine, group.model, group.gpu, group.metric, "\(group.errors.rows)",
        group.errors.medianAbsolute.fixed(2), group.errors.p90Absolute.fixed(2),
        group.errors.bias.fixed(2), group.correlation.map { $0.fixed(4) } ?? "", group.profile,
      ]
      text += cells.joined(separator: ",") + "\n"
    }
    return text
  }

  /// Every measured time and its replay as CSV, times in ms.
  public var rowsCSV: String {
    var text =
      "place,engine,version,model,gpu,tensor_parallel,load,input,output,profile,metric,"
      + "measured_ms,replayed_ms,error_pct\n"
    for pair in pairs {
      guard let run = pair.row.run else { continue }
      let cells = [
        pair.row.place, pair.row.engine, pair.row.version, run.model.name, run.gpu.name,
        "\(run.tensorParallel)", run.load.text, "\(run.input)", "\(run.output)", pair.profile,
        pair.metric.rawValue, (1e3 * pair.measured).fixed(4), (1e3 * pair.replayed).fixed(4),
        (100 * pair.error).fixed(2),
      ]
      text += cells.joined(separator: ",") + "\n"
    }
    return text
  }
}

extension MeasuredRun.Load {
  /// `closed 8`, `batch 16`.
  fileprivate var text: String {
    switch self {
    case .closed(let concurrency), .bounded(_, let concurrency): "closed \(concurrency)"
    case .batch(let requests, _): "batch \(requests)"
    case .open(let requests, _, _): "open \(requests)"
    }
  }
}
