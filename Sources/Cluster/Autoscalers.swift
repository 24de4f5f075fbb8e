/// Every autoscaler.
///
/// **The one line to add when you add a file in Autoscalers/.**
public let autoscalers: [any Autoscaler.Type] = [
  QueueScaler.self, SLOScaler.self, TokenRateScaler.self,
]
