internal import Calibration
internal import Catalog
internal import Cost
public import Files

extension CalibrationReport {
  /// The same for programs: the fits of every class, errors in %, constants in their units.
  public var json: JSON {
    let classes = calibration.fits.map { fit -> JSON in
      let constants = fit.constants.map { constant -> JSON in
        .object([
          ("name", .string(constant.parameter.name)), ("value", .number(constant.value)),
          ("standard_error", .number(constant.standardError)),
          ("unit", .string(constant.parameter.unit.rawValue)),
          ("meaning", .string(constant.parameter.meaning)),
        ])
      }
      return .object([
        ("class", .string(fit.name)), ("rows", .integer(Int64(fit.rows))),
        ("before", .errors(fit.before)), ("after", .errors(fit.after)),
        ("constants", .array(constants)),
      ])
    }
    let skipped = calibration.skipped.map { skipped -> JSON in
      .object([("class", .string(skipped.name)), ("rows", .integer(Int64(skipped.rows)))])
    }
    return .object([
      ("gpu", .string(files.gpu.name)), ("classes", .array(classes)), ("skipped", .array(skipped)),
    ])
  }
}

extension RunCalibration {
  /// The same for programs: errors in %, constants in seconds; null is an error left open.
  public var json: JSON {
    let constants = calibration.constants.map { constant -> JSON in
      .object([
        ("name", .string(constant.name)), ("value_s", .number(constant.value)),
        ("standard_error_s", constant.standardError.map { .number($0) } ?? .null),
      ])
    }
    return .object([
      ("profile", .string(profile)), ("rows", .integer(Int64(rows))),
      ("before", .errors(calibration.before)), ("after", .errors(calibration.after)),
      ("constants", .array(constants)),
    ])
  }
}

extension JSON {
  /// The three figures of a summary; null when there are none.
  fileprivate static func errors(_ summary: ErrorSummary?) -> JSON {
    guard let summary else { return .null }
    return .object([
      ("median_ape_pct", .number(summary.medianAbsolute)),
      ("p90_ape_pct", .number(summary.p90Absolute)), ("bias_pct", .number(summary.bias)),
    ])
  }
}
