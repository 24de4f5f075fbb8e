internal import CGSL
internal import Catalog
internal import Cost
internal import Units

/// The rows of one class of operations and the constants that are to explain them.
struct KernelProblem {
  private let parameters: [KernelParameter]
  private let rows: [Measurement]
  private let gpu: GPU
  private let others: KernelProfile

  /// `others`: constants of other classes on which times of this one depend.
  init(
    _ parameters: [KernelParameter], _ rows: [Measurement], on gpu: GPU, others: KernelProfile
  ) {
    self.parameters = parameters
    self.rows = rows
    self.gpu = gpu
    self.others = others
  }

  /// The profile with `values` for the constants, in their units.
  func profile(_ values: [Double]) -> KernelProfile {
    var profile = others
    for (parameter, value) in zip(parameters, values) { parameter.set(value, in: &profile) }
    return profile
  }

  /// Predicted / measured − 1 of each row.
  func errors(_ kernels: KernelProfile) -> [Double] {
    rows.map { $0.operation.time(on: gpu, kernels) / $0.time - 1 }
  }

  /// The constants that fit best, found from their typical values on.
  func fit() throws(FitFault) -> LeastSquares.Fit {
    let problem = LeastSquares(
      ranges: parameters.map(\.range), rows: rows.count, families: families
    ) { values in
      errors(profile(values)).map { cgsl_log(1 + $0) }
    }
    return try problem.fit(from: parameters.map(\.typical))
  }

  /// Rows of the same shape but for their size, such as all rows of one weight matrix.
  private var families: [Int] {
    var numbers: [String: Int] = [:]  // only looked up
    return rows.map { row in
      let name = "\(row.group) \(row.operation.family)"
      if let number = numbers[name] { return number }
      numbers[name] = numbers.count
      return numbers.count - 1
    }
  }
}
