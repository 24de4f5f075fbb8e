/// The settings of one policy: every property has a default and none is optional.
///
/// A file names them in snake case (`maxNumSeqs` is `max_num_seqs`); a key that the policy lacks
/// is refused. The defaults are the initial values of the properties, written nowhere else.
public protocol PolicyOptions: Codable, Sendable {
  /// The defaults.
  init()
  /// Why these settings cannot be used, nil when they can.
  var fault: String? { get }
}

extension PolicyOptions {
  /// Any value of the right type can be used.
  public var fault: String? { nil }
}

/// The settings of a policy that has none.
public struct NoOptions: PolicyOptions {
  /// Nothing to set.
  public init() {}
}
