public import Serving

/// A number that says how loaded an instance is.
public enum LoadSignal: String, Codable, Sendable, CaseIterable {
  /// Requests, queued or running.
  case requests
  /// Prompt tokens of all of them.
  case tokens
  /// Prompt tokens left to compute.
  case pending

  /// The number, of requests or tokens.
  public func value(of load: Load) -> Int64 {
    switch self {
    case .requests: Int64(load.requests)
    case .tokens: load.promptTokens
    case .pending: load.pendingPrefill
    }
  }
}
