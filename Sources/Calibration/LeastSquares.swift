internal import CGSL

/// Why parameters cannot be had from the rows.
enum FitFault: Error, Equatable {
  /// Fewer rows than `needed`.
  case tooFewRows(Int, needed: Int)
  /// The rows say nothing of parameter number `parameter`, or cannot tell it from others.
  case undetermined(parameter: Int)
  /// Parameter number `parameter` runs to an end of its range.
  case atBound(parameter: Int)
  /// The residuals are not finite, or the solver gave up.
  case failed(String)
}

/// Robust non-linear least squares within bounds: GSL's trust region, reweighted by Huber's rule,
/// then a simplex.
///
/// Residuals are logarithms of predicted over measured, so that a row of microseconds weighs as
/// much as one of milliseconds, and twice as slow as much as twice as fast. Rows further out than
/// half a robust deviation count by their distance, not its square: what formulas leave unexplained
/// is no noise, and a few odd kernels must not bend them. Source: Huber, Robust Statistics, 1981,
/// §7; GSL manual, "Nonlinear Least-Squares Fitting". Deterministic: no random start, no order of
/// a set.
struct LeastSquares {
  /// What was found.
  struct Fit {
    /// Parameters.
    var values: [Double]
    /// Their covariance, row by row, valid whatever the spread of the rows, also when those of a
    /// family err together ("sandwich").
    var covariance: [Double]
    /// Residuals at the values.
    var residuals: [Double]
  }

  /// Where each parameter may lie, above 0.
  let ranges: [ClosedRange<Double>]
  /// Number of rows.
  let rows: Int
  /// Family of each row; empty: every row for itself.
  ///
  /// Rows of one family share what the formula misses, so together they count as one in the errors
  /// of the parameters.
  var families: [Int] = []
  /// Residuals of all rows at given parameters.
  let residuals: ([Double]) -> [Double]

  /// Rows that each parameter asks for at least.
  static let rowsPerParameter = 4
  /// Residuals up to here count by their square: half a robust deviation, 1.5 % at the least.
  static let leastEdge = 0.015
  private static let step = 1e-5

  /// The parameters that fit best, from `start` on.
  func fit(from start: [Double]) throws(FitFault) -> Fit {
    let needed = Self.rowsPerParameter * max(1, ranges.count)
    guard rows >= needed else { throw .tooFewRows(rows, needed: needed) }
    gsl_set_error_handler_off()  // the default handler aborts the process
    let first = zip(start, ranges).map { Self.unbounded($0, in: $1) }
    try checkJacobian(at: first)
    let rough = try returned(
      try descend(from: first, edge: 2 * Self.leastEdge), to: first, edge: 2 * Self.leastEdge)
    let edge = max(
      Self.leastEdge, 0.5 * 1.4826 * median(residuals(bounded(rough)).map { abs($0) }))
    let found = try returned(try descend(from: rough, edge: edge), to: first, edge: edge)
    var free = try polish(found, edge: edge)
    for (j, x) in free.enumerated() where Self.isAtEnd(x) {
      guard isNegligible(j, bounded(free)) else { throw .atBound(parameter: j) }
      free[j] = cgsl_log(0.001 / 0.999)
    }
    let values = bounded(free)
    let errors = residuals(values)
    return Fit(
      values: values, covariance: try covariance(at: free, errors, edge: edge), residuals: errors)
  }

  /// A second descent, when it leads lower than `free`, for parameters at an end of their range:
  /// the others find their places while these stay where `first` has them, then a simplex moves
  /// all.
  ///
  /// One step too far lands on the flat end of a range, which derivatives do not lead away from; a
  /// simplex takes no step that leads up.
  private func returned(
    _ free: [Double], to first: [Double], edge: Double
  ) throws(FitFault) -> [Double] {
    let stuck = free.indices.filter { Self.isAtEnd(free[$0]) }
    guard !stuck.isEmpty else { return free }
    let others = free.indices.filter { !stuck.contains($0) }
    var start = first
    if !others.isEmpty {
      let held = bounded(first)
      let reduced = LeastSquares(ranges: others.map { ranges[$0] }, rows: rows) { values in
        var all = held
        for (j, value) in zip(others, values) { all[j] = value }
        return residuals(all)
      }
      let found = try reduced.descend(from: others.map { first[$0] }, edge: edge)
      for (j, x) in zip(others, found) { start[j] = x }
    }
    let again = try polish(start, edge: edge)
    return loss(again, edge: edge) < (1 - 1e-6) * loss(free, edge: edge) ? again : free
  }

  /// Whether a number of the whole line stands for an end of its range.
  private static func isAtEnd(_ free: Double) -> Bool {
    !(0.002...0.998).contains(place(of: free))
  }

  /// Whether parameter `j` is at the low end of its range and even twice as much would move no row
  /// by 2 %: the rows ask for none of it, which is no fault of theirs.
  private func isNegligible(_ j: Int, _ values: [Double]) -> Bool {
    var doubled = values
    doubled[j] *= 2
    guard ranges[j].contains(doubled[j]), doubled[j] < 3 * ranges[j].lowerBound else {
      return false
    }
    return zip(residuals(doubled), residuals(values)).allSatisfy { abs($0 - $1) < 0.02 }
  }

  /// Reweighted least squares until nothing moves.
  private func descend(from start: [Double], edge: Double) throws(FitFault) -> [Double] {
    var free = start
    var weights = [Double](repeating: 1, count: rows)
    for _ in 0..<50 {
      let next = try solve(from: free, weights)
      let moved = zip(next, free).map { abs($0 - $1) }.max() ?? 0
      free = next
      weights = residuals(bounded(free)).map { min(1, edge / max(abs($0), 1e-300)) }
      if moved < 1e-7 { break }
    }
    return free
  }

  // MARK: - Bounds

  /// A number of the whole line for a value inside its range: the logit of its place there, on a
  /// logarithmic scale, since constants differ by factors.
  private static func unbounded(_ value: Double, in range: ClosedRange<Double>) -> Double {
    let place = cgsl_log(value / range.lowerBound) / width(of: range)
    let inside = min(max(place, 1e-3), 1 - 1e-3)
    return cgsl_log(inside / (1 - inside))
  }

  private static func width(of range: ClosedRange<Double>) -> Double {
    cgsl_log(range.upperBound / range.lowerBound)
  }

  /// The place of a number of the whole line in its range, from 0 to 1.
  private static func place(of free: Double) -> Double { 1 / (1 + cgsl_exp(-free)) }

  func bounded(_ free: [Double]) -> [Double] {
    zip(free, ranges).map { x, range in
      range.lowerBound * cgsl_exp(Self.width(of: range) * Self.place(of: x))
    }
  }

  /// Derivative of each value by its number on the whole line.
  private func slopes(_ free: [Double]) -> [Double] {
    zip(zip(bounded(free), free), ranges).map { point, range in
      let place = Self.place(of: point.1)
      return point.0 * Self.width(of: range) * place * (1 - place)
    }
  }

  // MARK: - GSL

  /// What GSL hands back to the residual function.
  final class Problem {
    let owner: LeastSquares
    let edge: Double
    init(_ owner: LeastSquares, edge: Double = 0) { (self.owner, self.edge) = (owner, edge) }
  }

  private func solve(
    from start: [Double], _ weights: [Double]
  ) throws(FitFault) -> [Double] {
    let count = ranges.count
    var parameters = gsl_multifit_nlinear_default_parameters()
    parameters.h_df = Self.step
    guard
      let workspace = gsl_multifit_nlinear_alloc(
        cgsl_multifit_nlinear_trust(), &parameters, rows, count),
      let x = gsl_vector_alloc(count), let w = gsl_vector_alloc(rows)
    else { throw .failed("no memory for \(rows) rows") }
    defer {
      gsl_multifit_nlinear_free(workspace)
      gsl_vector_free(x)
      gsl_vector_free(w)
    }
    for j in 0..<count { gsl_vector_set(x, j, start[j]) }
    for i in 0..<rows { gsl_vector_set(w, i, weights[i]) }
    let problem = Unmanaged.passRetained(Problem(self))
    defer { problem.release() }
    var system = gsl_multifit_nlinear_fdf()
    system.f = { x, context, out in
      guard let x, let context, let out else { return Int32(GSL_EFAULT) }
      let owner = Unmanaged<Problem>.fromOpaque(context).takeUnretainedValue().owner
      let free = (0..<owner.ranges.count).map { gsl_vector_get(x, $0) }
      for (i, error) in owner.residuals(owner.bounded(free)).enumerated() {
        guard error.isFinite else { return Int32(GSL_EDOM) }
        gsl_vector_set(out, i, error)
      }
      return Int32(GSL_SUCCESS)
    }
    system.n = rows
    system.p = count
    system.params = problem.toOpaque()
    var status = gsl_multifit_nlinear_winit(x, w, &system, workspace)
    guard status == Int32(GSL_SUCCESS) else { throw .failed("the model has no finite times") }
    var info: Int32 = 0
    status = gsl_multifit_nlinear_driver(200, 1e-10, 1e-10, 0, nil, nil, &info, workspace)
    // No progress within rounding is an end as good as convergence.
    let ends = [Int32(GSL_SUCCESS), Int32(GSL_ENOPROG), Int32(GSL_EMAXITER)]
    guard ends.contains(status), let end = gsl_multifit_nlinear_position(workspace) else {
      throw .failed("the solver stopped with GSL's status \(status)")
    }
    return (0..<count).map { gsl_vector_get(end, $0) }
  }

  // MARK: - Errors of the parameters

  /// Derivatives of the residuals by the free numbers, column by column: central differences.
  private func jacobian(at free: [Double]) -> [[Double]] {
    (0..<free.count).map { j in
      var (low, high) = (free, free)
      low[j] -= Self.step
      high[j] += Self.step
      return zip(residuals(bounded(high)), residuals(bounded(low))).map {
        ($0 - $1) / (2 * Self.step)
      }
    }
  }

  /// Refuses rows that leave a parameter, or a combination of them, open.
  private func checkJacobian(at free: [Double]) throws(FitFault) {
    let columns = jacobian(at: free)
    let norms = columns.map { column in column.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    guard norms.allSatisfy(\.isFinite) else { throw .failed("the model has no finite times") }
    let largest = norms.max() ?? 0
    if let j = norms.firstIndex(where: { $0 <= 1e-9 * max(largest, 1e-300) }) {
      throw .undetermined(parameter: j)
    }
    guard let matrix = gsl_matrix_alloc(rows, columns.count),
      let v = gsl_matrix_alloc(columns.count, columns.count),
      let s = gsl_vector_alloc(columns.count), let work = gsl_vector_alloc(columns.count)
    else { throw .failed("no memory for \(rows) rows") }
    defer {
      gsl_matrix_free(matrix)
      gsl_matrix_free(v)
      gsl_vector_free(s)
      gsl_vector_free(work)
    }
    for (j, column) in columns.enumerated() {
      for (i, value) in column.enumerated() { gsl_matrix_set(matrix, i, j, value / norms[j]) }
    }
    guard gsl_linalg_SV_decomp(matrix, v, s, work) == Int32(GSL_SUCCESS) else {
      throw .failed("the singular values of the derivatives cannot be had")
    }
    let last = columns.count - 1
    guard gsl_vector_get(s, last) < 1e-6 * gsl_vector_get(s, 0) else { return }
    // The direction that no row resolves: the parameter that has most of it.
    let shares = (0...last).map { abs(gsl_matrix_get(v, $0, last)) }
    let worst = shares.indices.max { shares[$0] < shares[$1] } ?? 0
    throw .undetermined(parameter: worst)
  }

  /// The family of each row; every row for itself where families are no more than the parameters,
  /// since the fit leaves their sums nothing to vary by.
  private var clusters: [Int] {
    Set(families).count > ranges.count ? families : Array(0..<rows)
  }

  /// A⁻¹·B·A⁻¹ with A = Σ ψ′·JᵀJ and B as in `scores`, in units of the values, times
  /// G / (G − 1) · (N − 1) / (N − K) for G families, N rows and K parameters.
  ///
  /// Source: Cameron and Miller, "A Practitioner's Guide to Cluster-Robust Inference", 2015, §II.B.
  private func covariance(
    at free: [Double], _ errors: [Double], edge: Double
  ) throws(FitFault) -> [Double] {
    let (columns, count) = (jacobian(at: free), free.count)
    guard let a = gsl_matrix_calloc(count, count) else { throw .failed("no memory") }
    defer { gsl_matrix_free(a) }
    for j in 0..<count {
      for k in 0...j {
        var slope = 0.0
        for i in 0..<rows where abs(errors[i]) <= edge { slope += columns[j][i] * columns[k][i] }
        gsl_matrix_set(a, j, k, slope)
        gsl_matrix_set(a, k, j, slope)
      }
    }
    let inverse = try inverse(of: a, columns, errors, edge)
    let clusters = clusters
    let b = scores(columns, errors, edge, inverse, clusters)
    // Few clusters, and rows that the parameters used up, make the scores too small.
    let groups = Double(Set(clusters).count)
    let correction = groups / (groups - 1) * Double(rows - 1) / Double(max(1, rows - count))
    let spread = Self.product(Self.product(inverse, b, count), inverse, count)
    let slopes = slopes(free)
    return spread.indices.map { spread[$0] * slopes[$0 / count] * slopes[$0 % count] * correction }
  }

  /// The inverse of `a`; where the rows near the middle do not tell every constant, of what all
  /// rows tell, less the share that lies outside.
  private func inverse(
    of a: UnsafeMutablePointer<gsl_matrix>, _ columns: [[Double]], _ errors: [Double],
    _ edge: Double
  ) throws(FitFault) -> [Double] {
    let count = columns.count
    func entries() -> [Double] {
      (0..<count * count).map { gsl_matrix_get(a, $0 / count, $0 % count) }
    }
    func inverts() -> Bool {
      gsl_linalg_cholesky_decomp1(a) == Int32(GSL_SUCCESS)
        && gsl_linalg_cholesky_invert(a) == Int32(GSL_SUCCESS)
    }
    if inverts() { return entries() }
    let inside = Double(errors.count { abs($0) <= edge }) / Double(rows)
    for j in 0..<count {
      for k in 0..<count {
        let sum = zip(columns[j], columns[k]).reduce(0) { $0 + $1.0 * $1.1 }
        gsl_matrix_set(a, j, k, inside * sum)
      }
    }
    if inverts() { return entries() }
    let flattest = (0..<count).min { gsl_matrix_get(a, $0, $0) < gsl_matrix_get(a, $1, $1) }
    throw .undetermined(parameter: flattest ?? 0)
  }

  /// Σ g·gᵀ over the families, g = Σ ψ·J / (1 − h) over the rows of one; h is a row's leverage, by
  /// which it draws the fit to itself.
  private func scores(
    _ columns: [[Double]], _ errors: [Double], _ edge: Double, _ inverse: [Double],
    _ families: [Int]
  ) -> [Double] {
    let count = columns.count
    var sums = [Double](repeating: 0, count: ((families.max() ?? 0) + 1) * count)
    for i in 0..<rows {
      var leverage = 0.0
      if abs(errors[i]) <= edge {
        for j in 0..<count {
          for k in 0..<count {
            leverage += columns[j][i] * inverse[j * count + k] * columns[k][i]
          }
        }
      }
      let capped = min(max(errors[i], -edge), edge) / (1 - min(0.9, max(0, leverage)))
      for j in 0..<count { sums[families[i] * count + j] += capped * columns[j][i] }
    }
    var b = [Double](repeating: 0, count: count * count)
    for start in stride(from: 0, to: sums.count, by: count) {
      for j in 0..<count {
        for k in 0..<count { b[j * count + k] += sums[start + j] * sums[start + k] }
      }
    }
    return b
  }

  private static func product(_ a: [Double], _ b: [Double], _ n: Int) -> [Double] {
    (0..<n * n).map { index in
      let (row, column) = (index / n, index % n)
      return (0..<n).reduce(0) { $0 + a[row * n + $1] * b[$1 * n + column] }
    }
  }
}
