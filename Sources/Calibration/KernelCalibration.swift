internal import CGSL
public import Catalog
public import Cost
internal import Units

/// Constants fitted to measurements of one kind of GPU, class by class, and how well they fit.
public struct KernelCalibration: Sendable {
  /// One fitted constant.
  public struct Constant: Sendable {
    /// Which.
    public let parameter: KernelParameter
    /// Its value, in the parameter's unit.
    public let value: Double
    /// Its standard error.
    public let standardError: Double
  }

  /// The fit of one class of operations.
  public struct Fit: Sendable {
    /// Name of the class, the first part of its parameters' names.
    public let name: String
    /// Rows fitted to.
    public let rows: Int
    /// The constants.
    public let constants: [Constant]
    /// Their covariance, row by row, in units of the constants.
    public let covariance: [Double]
    /// Errors before, with the constants known until then; nil when there were none.
    public let before: ErrorSummary?
    /// Errors after.
    public let after: ErrorSummary
    /// Percentiles 5, 25, 50, 75, 95 of predicted / measured − 1 after the fit, %.
    public let residuals: [Double]
  }

  /// The GPU.
  public let gpu: GPU
  /// The fits, in the order of the parameters.
  public let fits: [Fit]
  /// Classes that the data holds too few rows of, and how many.
  public let skipped: [(name: String, rows: Int)]

  /// The fitted constants.
  public var constants: MeasuredConstants {
    MeasuredConstants(
      gpu: gpu.name,
      values: fits.flatMap { fit in fit.constants.map { ($0.parameter.name, $0.value) } })
  }

  /// Fits the constants of every class that `measurements` hold.
  ///
  /// Every fit starts from the parameters' typical values, so that the same rows give the same
  /// constants whatever was known before; `current` is what errors before are taken from.
  ///
  /// - Throws: `CalibrationError` when no class has rows enough, or the rows of one leave a
  ///   constant open.
  public init(
    _ measurements: [Measurement], on gpu: GPU, current: KernelProfile
  ) throws(CalibrationError) {
    self.gpu = gpu
    var fits: [Fit] = []
    var skipped: [(name: String, rows: Int)] = []
    // Large buffers of an engine's all-reduce are NCCL's, which is fitted first.
    var found = current
    for name in Self.classes {
      let rows = measurements.filter { $0.fits == name }
      guard !rows.isEmpty else { continue }
      let parameters = KernelProfile.parameters.filter {
        $0.name.hasPrefix("\(name).") && $0.applies(to: gpu)
      }
      guard rows.count >= LeastSquares.rowsPerParameter * parameters.count else {
        skipped.append((name, rows.count))
        continue
      }
      let fit = try Self.fit(
        name, parameters, rows, on: gpu, current: current, others: found)
      for constant in fit.constants { constant.parameter.set(constant.value, in: &found) }
      fits.append(fit)
    }
    guard !fits.isEmpty else { throw Self.tooFew(skipped) }
    self.fits = fits
    self.skipped = skipped
  }

  /// The classes of parameters, in their order.
  private static var classes: [String] {
    var names: [String] = []
    for parameter in KernelProfile.parameters {
      let name = String(parameter.name.prefix { $0 != "." })
      if names.last != name { names.append(name) }
    }
    return names
  }

  private static func tooFew(_ skipped: [(name: String, rows: Int)]) -> CalibrationError {
    guard !skipped.isEmpty else {
      return CalibrationError("", "no row is of a kind that constants are fitted to")
    }
    let list = skipped.map { "\($0.name): \($0.rows)" }.joined(separator: ", ")
    return CalibrationError(
      "",
      "too few rows to fit (\(list)); a class needs \(LeastSquares.rowsPerParameter) for each of "
        + "its constants")
  }

  private static func fit(
    _ name: String, _ parameters: [KernelParameter], _ rows: [Measurement], on gpu: GPU,
    current: KernelProfile, others: KernelProfile
  ) throws(CalibrationError) -> Fit {
    let problem = KernelProblem(parameters, rows, on: gpu, others: others)
    let found: LeastSquares.Fit
    do {
      found = try problem.fit()
    } catch {
      throw CalibrationError("", Self.explain(error, name, parameters))
    }
    let values = found.values.map(\.sixDigits)
    let after = problem.errors(problem.profile(values))
    let before = problem.errors(current)
    guard let summary = ErrorSummary(after) else {
      throw CalibrationError("", "\(name): no rows")
    }
    let sorted = after.sorted()
    let count = parameters.count
    return Fit(
      name: name, rows: rows.count,
      constants: parameters.enumerated().map { j, parameter in
        Constant(
          parameter: parameter, value: values[j],
          standardError: found.covariance[j * count + j].squareRoot().sixDigits)
      }, covariance: found.covariance.map(\.sixDigits),
      before: before.allSatisfy(\.isFinite) ? ErrorSummary(before) : nil, after: summary,
      residuals: [0.05, 0.25, 0.5, 0.75, 0.95].map { 100 * percentile(sorted, $0) })
  }

  private static func explain(
    _ fault: FitFault, _ name: String, _ parameters: [KernelParameter]
  ) -> String {
    switch fault {
    case .tooFewRows(let rows, let needed):
      return "\(name): \(rows) rows; at least \(needed) are needed"
    case .undetermined(let j):
      let parameter = parameters[j]
      return "\(name): the rows leave \(parameter.name) open (\(parameter.meaning)); "
        + "measure a wider range of sizes"
    case .atBound(let j):
      let (parameter, range) = (parameters[j], parameters[j].range)
      return "\(name): \(parameter.name) (\(parameter.meaning)) runs out of its range "
        + "\(range.lowerBound)...\(range.upperBound) \(parameter.unit.rawValue); check units and "
        + "the GPU, or measure a wider range of sizes"
    case .failed(let reason): return "\(name): \(reason)"
    }
  }
}
