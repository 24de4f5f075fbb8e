/// Index of a request in the columns of a run.
public struct RequestID: Hashable, Sendable {
  /// Row of every request column.
  public var row: Int32
  /// The request in `row`.
  public init(_ row: Int) { self.row = Int32(row) }
}
