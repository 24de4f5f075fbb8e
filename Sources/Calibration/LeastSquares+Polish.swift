internal import CGSL

extension LeastSquares {
  /// The lowest point near `free`, found by a simplex.
  ///
  /// Formulas with steps have kinks, on which a method that trusts derivatives stops short. Source:
  /// Nelder and Mead, Computer Journal, 1965; GSL manual, "Multidimensional Minimization".
  func polish(_ free: [Double], edge: Double) throws(FitFault) -> [Double] {
    let count = free.count
    guard let simplex = gsl_multimin_fminimizer_alloc(cgsl_multimin_simplex(), count),
      let x = gsl_vector_alloc(count), let step = gsl_vector_alloc(count)
    else { throw .failed("no memory for a simplex") }
    defer {
      gsl_multimin_fminimizer_free(simplex)
      gsl_vector_free(x)
      gsl_vector_free(step)
    }
    for j in 0..<count {
      gsl_vector_set(x, j, free[j])
      gsl_vector_set(step, j, 0.03)
    }
    let problem = Unmanaged.passRetained(Problem(self, edge: edge))
    defer { problem.release() }
    var function = gsl_multimin_function()
    function.n = count
    function.params = problem.toOpaque()
    function.f = { x, context in
      guard let x, let context else { return .infinity }
      let problem = Unmanaged<Problem>.fromOpaque(context).takeUnretainedValue()
      let free = (0..<problem.owner.ranges.count).map { gsl_vector_get(x, $0) }
      return problem.owner.loss(free, edge: problem.edge)
    }
    guard gsl_multimin_fminimizer_set(simplex, &function, x, step) == Int32(GSL_SUCCESS) else {
      return free
    }
    for _ in 0..<(80 * count) {
      guard gsl_multimin_fminimizer_iterate(simplex) == Int32(GSL_SUCCESS),
        gsl_multimin_fminimizer_size(simplex) > 1e-5
      else { break }
    }
    guard let best = gsl_multimin_fminimizer_x(simplex),
      gsl_multimin_fminimizer_minimum(simplex) < loss(free, edge: edge)
    else { return free }
    return (0..<count).map { gsl_vector_get(best, $0) }
  }

  /// Huber's loss, summed over the rows.
  func loss(_ free: [Double], edge: Double) -> Double {
    residuals(bounded(free)).reduce(0) { sum, error in
      let size = abs(error)
      return sum + (size < edge ? size * size / (2 * edge) : size - edge / 2)
    }
  }
}
