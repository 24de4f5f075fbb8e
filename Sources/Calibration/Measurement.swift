public import Catalog
public import Cost
public import Units

/// One measured time of one operation.
public struct Measurement: Sendable {
  /// What was computed or moved.
  public let operation: Operation
  /// How long it took.
  public let time: Seconds
  /// The rows of its class that one set of constants describes, such as `bf16`.
  public let group: String
  /// Whether it belongs to the rows on which the published fits are judged.
  public let isFit: Bool
  /// The class of constants that are fitted to it; empty for a row that only validates.
  public let fits: String

  /// A measured operation.
  public init(
    _ operation: Operation, _ time: Seconds, group: String, isFit: Bool, fits: String = ""
  ) {
    self.operation = operation
    self.time = time
    self.group = group
    self.isFit = isFit
    self.fits = fits
  }
}

/// A kind of measured file: which columns it has and what a row of it says.
///
/// **To add one: a file beside this one and a line in `measuredClasses`.**
public protocol MeasuredClass: Sendable {
  /// Name, such as `gemm`.
  static var name: String { get }
  /// What the filter `fit` keeps, in words.
  static var filter: String { get }
  /// The columns that tell the class.
  static var columns: [String] { get }
  /// The column that names the format of numbers; nil when rows of any format count.
  static var format: String? { get }
  /// The measurements of `rows` on `gpu`; rows of formats that are not modelled are left out.
  ///
  /// - Throws: `CalibrationError` with the line of a value that makes no sense.
  static func measurements(
    in table: MeasuredTable, on gpu: GPU
  ) throws(CalibrationError) -> [Measurement]
}

extension MeasuredClass {
  /// No column.
  public static var format: String? { nil }
}

/// Every kind of measured file.
public let measuredClasses: [any MeasuredClass.Type] = [
  MeasuredGEMM.self, MeasuredPrefillAttention.self, MeasuredDecodeAttention.self,
  MeasuredCollectives.self, MeasuredExperts.self, MeasuredCopies.self, MeasuredLayers.self,
  MeasuredMixedAttention.self,
]

/// The kind of `table`, told by its header.
///
/// - Throws: `CalibrationError` naming the columns of every kind.
public func measuredClass(
  of table: MeasuredTable
) throws(CalibrationError) -> any MeasuredClass.Type {
  if let type = measuredClasses.first(where: { table.has($0.columns) }) { return type }
  let known = measuredClasses.map { "\($0.name): \($0.columns.joined(separator: ","))" }
  throw CalibrationError(
    table.name,
    "the header \(table.header.joined(separator: ",")) is of no known measurement; known: "
      + known.joined(separator: "; "))
}

extension MeasuredTable.Row {
  /// The time in `column`, written in microseconds.
  func microseconds(_ column: String) throws(CalibrationError) -> Seconds {
    Seconds(try positive(column) * 1e-6)
  }
}
