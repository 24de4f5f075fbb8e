internal import CGSL
public import Units

/// One of the constants that belong to an engine and not to a GPU.
public struct EngineConstant: Sendable {
  /// Its key in an experiment's `engine.profile`.
  public let name: String
  /// Where it may lie, s; below the range it counts as 0.
  public let range: ClosedRange<Double>
  /// Least change that shows in runs, s.
  public let step: Double

  /// The constants that runs determine, most important first.
  public static let all = [
    EngineConstant(name: "host_time", range: 2e-5...0.1, step: 2e-4),
    EngineConstant(name: "host_time_per_sequence", range: 5e-7...0.005, step: 5e-6),
    EngineConstant(name: "launch_time_per_layer", range: 2e-6...0.01, step: 2e-5),
    EngineConstant(name: "prompt_time", range: 5e-5...0.2, step: 5e-4),
    EngineConstant(name: "gap", range: 5e-6...0.1, step: 1e-4),
  ]
}

/// Constants of an engine fitted to the times of whole runs.
///
/// A run's time has no formula, but is nearly linear in what the host takes; so each round replays
/// the runs at the constants and at a step beside each of them, and fits the plane through these
/// points by robust least squares. A constant that the runs leave open keeps its value; one that
/// runs to the lower end of its range is 0.
public struct EngineCalibration: Sendable {
  /// One constant.
  public struct Constant: Sendable {
    /// Its key in an experiment's `engine.profile`.
    public let name: String
    /// Its value, s.
    public let value: Double
    /// Its standard error, s; nil when the runs do not determine it.
    public let standardError: Double?
  }

  /// How a fit is made.
  public struct Options: Sendable {
    /// Rounds at most.
    public var rounds = 6
    /// Step of the differences, as a share of the constant; its least step when that is more.
    public var step = 0.2
    /// Change below which a round is the last, as a share of each constant.
    public var tolerance = 0.01
    /// The defaults.
    public init() {}
  }

  /// The constants.
  public let constants: [Constant]
  /// Errors at the start.
  public let before: ErrorSummary
  /// Errors at the end.
  public let after: ErrorSummary

  /// Fits as many of `constants` as there are rows for, from `start` on.
  ///
  /// `replay` answers the time of every row, s, at given constants.
  ///
  /// - Throws: `CalibrationError` for too few rows, rows that determine nothing, and whatever
  ///   `replay` throws.
  public init<Failure: Error>(
    _ constants: [EngineConstant], from start: [Double], measured: [Seconds],
    options: Options = Options(), replay: ([Double]) throws(Failure) -> [Double]
  ) throws {
    let needed = LeastSquares.rowsPerParameter
    let count = min(constants.count, measured.count / needed)
    guard count > 0 else {
      throw CalibrationError(
        "",
        "\(measured.count) measured times are too few to fit \(constants[0].name); "
          + "each constant needs \(needed)")
    }
    let times = measured.map(\.value)
    var fit = PlaneFit(constants: Array(constants[..<count]), times: times, values: start)
    var base = try replay(start)
    let first = base
    var best = (values: start, times: base, errors: fit.standardErrors)
    var isFirst = true
    for _ in 0..<options.rounds {
      let slopes = try (0..<count).map { j in
        let step = max(constants[j].step, options.step * fit.values[j])
        var moved = fit.values
        moved[j] += step
        return zip(try replay(moved), base).map { ($0 - $1) / step }
      }
      let old = fit.values
      try fit.advance(base: base, slopes: slopes)
      base = try replay(fit.values)
      // Errors belong to the values that their plane led to; the start has those of its own plane.
      if isFirst { best.errors = fit.standardErrors }
      isFirst = false
      if fit.loss(base) < fit.loss(best.times) { best = (fit.values, base, fit.standardErrors) }
      let still = zip(zip(old, fit.values), constants).allSatisfy { pair, constant in
        abs(pair.0 - pair.1) <= max(options.tolerance * pair.0, constant.step / 20)
      }
      if still { break }
    }
    guard let before = ErrorSummary(zip(first, times).map { $0 / $1 - 1 }),
      let after = ErrorSummary(zip(best.times, times).map { $0 / $1 - 1 })
    else { throw CalibrationError("", "no rows") }
    (self.before, self.after) = (before, after)
    self.constants = fit.constants.enumerated().map { j, constant in
      Constant(name: constant.name, value: best.values[j], standardError: best.errors[j])
    }
  }
}

/// Least squares on the plane through the last replays.
private struct PlaneFit {
  let constants: [EngineConstant]
  let times: [Double]
  /// All constants, those that are not fitted at the end.
  var values: [Double]
  /// Of each fitted constant; nil for one that is open.
  var standardErrors: [Double?]

  init(constants: [EngineConstant], times: [Double], values: [Double]) {
    (self.constants, self.times, self.values) = (constants, times, values)
    standardErrors = constants.map { _ in nil }
  }

  /// Sum of |log(predicted / measured)|, each at most 0.5, so that odd rows do not rule.
  func loss(_ predicted: [Double]) -> Double {
    zip(predicted, times).reduce(0) { $0 + min(0.5, abs(cgsl_log($1.0 / $1.1))) }
  }

  /// Times on the plane; never below a tenth of those at its base.
  private func plane(_ base: [Double], _ slopes: [[Double]], at values: [Double]) -> [Double] {
    base.indices.map { i in
      var time = base[i]
      for j in constants.indices { time += slopes[j][i] * (values[j] - self.values[j]) }
      return max(time, base[i] / 10)
    }
  }

  /// Moves the values to the best point of the plane.
  mutating func advance(base: [Double], slopes: [[Double]]) throws(CalibrationError) {
    var free = Array(constants.indices)
    var point = values
    while !free.isEmpty {
      let held = point
      let problem = LeastSquares(
        ranges: free.map { constants[$0].range }, rows: times.count
      ) { [self] trial in
        var all = held
        for (j, value) in zip(free, trial) { all[j] = value }
        return zip(plane(base, slopes, at: all), times).map { cgsl_log($0 / $1) }
      }
      let start = free.map { min(max(point[$0], 2 * constants[$0].range.lowerBound), 0.05) }
      do throws(FitFault) {
        let found = try problem.fit(from: start)
        standardErrors = constants.map { _ in nil }
        for (k, j) in free.enumerated() {
          point[j] = found.values[k]
          standardErrors[j] = found.covariance[k * free.count + k].squareRoot()
        }
        values = point
        return
      } catch {
        switch error {
        case .undetermined(let k): free.remove(at: k)
        case .atBound(let k):
          let range = constants[free[k]].range
          var (low, high) = (point, point)
          (low[free[k]], high[free[k]]) = (0, range.upperBound)
          let losses = [low, high].map { loss(plane(base, slopes, at: $0)) }
          guard losses[0] <= losses[1] else {
            throw CalibrationError(
              "",
              "\(constants[free[k]].name) runs above \(range.upperBound) s; check units, the GPU "
                + "and the model")
          }
          point[free[k]] = 0
          free.remove(at: k)
        case .tooFewRows(let rows, let needed):
          throw CalibrationError("", "\(rows) measured times; at least \(needed) are needed")
        case .failed(let reason): throw CalibrationError("", reason)
        }
      }
    }
    guard point != values else {
      throw CalibrationError(
        "", "the runs determine none of the constants: no step waits for the host")
    }
    values = point
  }
}
