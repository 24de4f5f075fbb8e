/// What an instance does of a request: all of it, or one of the two phases of a cluster that
/// disaggregates prefill from decode (DistServe, OSDI 2024; Mooncake; LMCache).
public enum InstanceRole: String, Sendable, CaseIterable {
  /// Computes prompts and decodes their sequences.
  case mixed
  /// Computes prompts and hands their sequences over to an instance that decodes.
  case prefill
  /// Decodes sequences whose prompts another instance has computed.
  case decode

  /// Whether requests are routed to it as they arrive.
  public var takesRequests: Bool { self != .decode }
}
