public import Calibration
internal import Catalog
public import Cost
internal import Metrics

/// How far the calibrated cost lies from measurements, class by class, beside the naive roofline.
public struct CostValidation: Sendable {
  /// The measurements.
  public let files: MeasuredFiles
  /// The constants that were tried.
  public let kernels: KernelProfile
  /// One result a class.
  public let classes: [Validation]

  /// Compares `files` with the constants of their GPU; with those of the file `kernels` when there
  /// is one, and with those that the other measured GPUs predict when `isHeldOut`.
  ///
  /// - Throws: `ConfigError` when the file of constants cannot be read.
  public init(
    _ files: MeasuredFiles, kernels path: String? = nil, isHeldOut: Bool = false
  ) throws(ConfigError) {
    self.files = files
    let gpu = files.gpu
    var kernels =
      isHeldOut
      ? KernelProfile(of: gpu, from: MeasuredConstants.all.filter { $0.gpu != gpu.name })
      : KernelProfile(of: gpu)
    if let path {
      let file = try KernelFile(path)
      kernels.replace(with: file.constants)
      kernels.source = "\(path), else " + kernels.source
    }
    self.kernels = kernels
    classes = files.classes.map { Validation($0.type, $0.measurements, on: gpu, kernels) }
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
  fileprivate var figures: [String] {
    [
      calibrated?.medianAbsolute, calibrated?.p90Absolute, calibrated?.bias,
      naive?.medianAbsolute, naive?.p90Absolute,
    ].map { NumberText.plain($0, 1) }
  }

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
