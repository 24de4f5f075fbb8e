public import Catalog
public import Cost
internal import Units

/// How far one set of constants lies from measurements, beside the naive roofline on the same rows.
public struct Validation: Sendable {
  /// The errors over some rows.
  public struct Comparison: Sendable {
    /// What the rows have in common: `fit`, `all`, or a group such as `bf16`.
    public let name: String
    /// Rows compared.
    public let rows: Int
    /// Errors of the constants; nil without rows.
    public let calibrated: ErrorSummary?
    /// Errors of the data sheet's peaks; nil without rows.
    public let naive: ErrorSummary?

    init(_ name: String, _ measurements: [Measurement], on gpu: GPU, _ kernels: KernelProfile) {
      self.name = name
      rows = measurements.count
      calibrated = ErrorSummary(
        measurements.map { $0.operation.time(on: gpu, kernels) / $0.time - 1 })
      naive = ErrorSummary(measurements.map { $0.operation.floor(on: gpu) / $0.time - 1 })
    }
  }

  /// Class of operations.
  public let name: String
  /// What the filter `fit` keeps, in words.
  public let filter: String
  /// The rows on which published fits are judged.
  public let fit: Comparison
  /// Every row.
  public let all: Comparison
  /// The rows by what one set of constants describes, in the order of the file.
  public let groups: [Comparison]

  /// Compares `measurements` of one class with the times of `kernels` on `gpu`.
  public init(
    _ type: any MeasuredClass.Type, _ measurements: [Measurement], on gpu: GPU,
    _ kernels: KernelProfile
  ) {
    name = type.name
    filter = type.filter
    fit = Comparison("fit", measurements.filter(\.isFit), on: gpu, kernels)
    all = Comparison("all", measurements, on: gpu, kernels)
    var names: [String] = []
    for measurement in measurements where !names.contains(measurement.group) {
      names.append(measurement.group)
    }
    groups = names.map { name in
      Comparison(name, measurements.filter { $0.group == name }, on: gpu, kernels)
    }
  }
}
