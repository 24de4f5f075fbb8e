public import Calibration
internal import Catalog
public import Cost
public import Files
internal import Metrics

/// How far the calibrated cost lies from measurements, class by class, beside the naive roofline.
public struct CostValidation: Sendable {
  /// The measurements.
  public let files: MeasuredFiles
  /// The constants that were tried.
  public let kernels: KernelProfile
  /// Whether they are predicted from the other measured GPUs.
  public let isHeldOut: Bool
  /// One result a class.
  public let classes: [Validation]
  /// What a reader should be warned of, beside what the files say.
  public let warnings: [String]

  /// Compares `files` with the constants of their GPU; with those of the file `kernels` when there
  /// is one, and with those that the other measured GPUs predict when `isHeldOut`.
  ///
  /// - Throws: `ConfigError` when the file of constants cannot be read.
  public init(
    _ files: MeasuredFiles, kernels path: String? = nil, isHeldOut: Bool = false
  ) throws(ConfigError) {
    self.files = files
    self.isHeldOut = isHeldOut
    let gpu = files.gpu
    var kernels =
      isHeldOut
      ? KernelProfile(of: gpu, from: MeasuredConstants.all.filter { $0.gpu != gpu.name })
      : KernelProfile(of: gpu)
    var warnings: [String] = []
    if let path {
      let file = try KernelFile(path)
      kernels.replace(with: file.constants)
      kernels.source = "\(path), else " + kernels.source
      let fitted = file.constants.gpu
      if fitted != gpu.name {
        warnings.append("\(path) was fitted to \(fitted), not to \(gpu.name)")
      }
    }
    self.warnings = warnings
    self.kernels = kernels
    let taught = MeasuredConstants.all.filter { $0.gpu != gpu.name }.flatMap(\.classes)
    classes = files.classes.compactMap { type, measurements in
      // What no other GPU was measured for cannot be predicted.
      let fits = measurements.map(\.fits).filter { !$0.isEmpty }
      guard !isHeldOut || fits.contains(where: taught.contains) else { return nil }
      return Validation(type, measurements, on: gpu, kernels)
    }
    guard !classes.isEmpty else {
      throw ConfigError(
        .flag("--held-out"), "no other GPU was measured for what these files hold")
    }
  }
}

extension CostValidation {
  /// A page for a person at a terminal.
  public var text: String {
    var lines = [
      "GPU        \(files.gpu.name)", "constants  \(kernels.source)", "",
      "errors = |predicted / measured - 1|, %; naive: the data sheet's peaks", "",
    ]
    var table = TextTable([
      .text("class"), .text("rows of"), .number("rows"), .number("median"), .number("p90"),
      .number("bias"), .number("naive median"), .number("naive p90"),
    ])
    for result in classes {
      for comparison in [result.fit, result.all] + result.groups {
        table.add([result.name, comparison.name, "\(comparison.rows)"] + comparison.figures)
      }
    }
    lines += table.lines + [""]
    lines += classes.map { "fit of \($0.name): \($0.filter)" }
    return lines.joined(separator: "\n") + "\n"
  }

  /// One row a class and filter or group, `constants` saying where they come from.
  public var csv: String {
    var lines = [
      "gpu,constants,class,rows_of,rows,median_ape_pct,p90_ape_pct,bias_pct,"
        + "naive_median_ape_pct,naive_p90_ape_pct"
    ]
    for result in classes {
      for comparison in [result.fit, result.all] + result.groups {
        let cells =
          [files.gpu.name, isHeldOut ? "held-out" : "own", result.name, comparison.name]
          .map { $0.contains(",") ? "\"\($0)\"" : $0 } + ["\(comparison.rows)"]
        let figures = comparison.values.map { $0.map { $0.fixed(2) } ?? "" }
        lines.append((cells + figures).joined(separator: ","))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// One object a class and filter (contract of `validate-cost --json`).
  public var json: JSON {
    .array(
      classes.flatMap { result in
        [result.fit, result.all].map { comparison in
          let groups = comparison.name == "all" ? result.groups : []
          return JSON.object(
            [("class", .string(result.name)), ("filter", .string(comparison.name))]
              + comparison.members
              + [("groups", .array(groups.map { JSON.object($0.named) }))])
        }
      })
  }
}

extension Validation.Comparison {
  fileprivate var values: [Double?] {
    [
      calibrated?.medianAbsolute, calibrated?.p90Absolute, calibrated?.bias,
      naive?.medianAbsolute, naive?.p90Absolute,
    ]
  }

  fileprivate var figures: [String] { values.map { NumberText.plain($0, 1) } }

  fileprivate var members: [(String, JSON)] {
    func number(_ value: Double?) -> JSON { value.map { .number(text: $0.fixed(4)) } ?? .null }
    return [
      ("rows", .integer(Int64(rows))), ("median_ape_pct", number(calibrated?.medianAbsolute)),
      ("p90_ape_pct", number(calibrated?.p90Absolute)), ("bias_pct", number(calibrated?.bias)),
      ("naive_median_ape_pct", number(naive?.medianAbsolute)),
      ("naive_p90_ape_pct", number(naive?.p90Absolute)),
    ]
  }

  fileprivate var named: [(String, JSON)] { [("group", .string(name))] + members }
}
