/// Index of a request in the columns of a run.
public struct RequestID: Hashable, Sendable {
  /// Row of every request column.
  public var row: Int32
  /// The request in `row`.
  public init(_ row: Int) { self.row = Int32(row) }
}

/// Number of a KV block that several requests may share: dense, from 0.
///
/// A prompt's block stands for its own tokens and all tokens before them, so each number has one
/// predecessor.
public typealias BlockID = Int32
