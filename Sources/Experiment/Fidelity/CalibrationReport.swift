public import Calibration
internal import Catalog
internal import Cost
public import Files
internal import Metrics

/// A calibration as text: a page for people and the file that experiments read.
public struct CalibrationReport: Sendable {
  /// The data.
  public let files: MeasuredFiles
  /// The fits.
  public let calibration: KernelCalibration

  /// Fits the constants of every class in `files`, from those in use for their GPU.
  ///
  /// - Throws: `ConfigError` for data that determine no constants.
  public init(_ files: MeasuredFiles) throws(ConfigError) {
    self.files = files
    do {
      calibration = try KernelCalibration(
        files.classes.flatMap(\.measurements), on: files.gpu, current: KernelProfile(of: files.gpu))
    } catch {
      throw ConfigError(nil, "\(error)")
    }
  }

  /// Classes left out, one line each.
  public var warnings: [String] {
    files.warnings
      + calibration.skipped.map { skipped in
        "\(skipped.name): \(skipped.rows) rows are too few to fit; its constants stay as they are"
      }
  }

  /// Errors before and after, and the constants.
  public var text: String {
    var errors = TextTable([
      .text("class"), .number("rows"), .number("median before"), .number("p90 before"),
      .number("median after"), .number("p90 after"), .number("bias after"),
    ])
    var constants = TextTable([
      .text("constant"), .number("value"), .number("standard error"), .text("unit"),
      .text("meaning"),
    ])
    for fit in calibration.fits {
      errors.add([
        fit.name, "\(fit.rows)", NumberText.plain(fit.before?.medianAbsolute, 1),
        NumberText.plain(fit.before?.p90Absolute, 1), fit.after.medianAbsolute.fixed(1),
        fit.after.p90Absolute.fixed(1), fit.after.bias.fixed(1),
      ])
      for constant in fit.constants {
        constants.add([
          constant.parameter.name, "\(constant.value)", "\(constant.standardError)",
          constant.parameter.unit.rawValue, constant.parameter.meaning,
        ])
      }
    }
    let head = ["GPU  \(files.gpu.name)", "", "errors = |predicted / measured - 1|, %", ""]
    return (head + errors.lines + [""] + constants.lines).joined(separator: "\n") + "\n"
  }

  /// The file of constants; the same data give the same bytes.
  public var yaml: String {
    var out = YAMLWriter()
    out.key("version", "\(KernelFile.version)")
    out.key("gpu", files.gpu.name)
    out.key("tool_version", martletVersion)
    out.block("data") { out in
      for file in files.files {
        out.key(
          Paths.last(of: file.path), "{rows: \(file.rows), hash: \"\(file.contentHash)\"}")
      }
    }
    out.block("classes") { out in
      for fit in calibration.fits { Self.write(fit, to: &out) }
    }
    return out.text
  }

  private static func write(_ fit: KernelCalibration.Fit, to out: inout YAMLWriter) {
    func error(_ summary: ErrorSummary) -> String {
      "{median_ape_pct: \(summary.medianAbsolute.fixed(2)), "
        + "p90_ape_pct: \(summary.p90Absolute.fixed(2)), bias_pct: \(summary.bias.fixed(2))}"
    }
    out.block(fit.name) { out in
      out.key("rows", "\(fit.rows)")
      out.key("error_after", error(fit.after))
      out.key(
        "residual_percentiles_pct",
        "{"
          + zip(["p5", "p25", "p50", "p75", "p95"], fit.residuals)
          .map { "\($0): \($1.fixed(2))" }.joined(separator: ", ") + "}")
      out.block("constants") { out in
        for constant in fit.constants {
          out.key(
            constant.parameter.shortName,
            "{value: \(constant.value), unit: \(constant.parameter.unit.rawValue), "
              + "standard_error: \(constant.standardError)}",
            comment: constant.parameter.meaning)
        }
      }
      let count = fit.constants.count
      let rows = (0..<count).map { j in
        "["
          + fit.covariance[(j * count)..<((j + 1) * count)].map { "\($0)" }
          .joined(separator: ", ") + "]"
      }
      out.key("covariance", "[" + rows.joined(separator: ", ") + "]")
    }
  }
}
