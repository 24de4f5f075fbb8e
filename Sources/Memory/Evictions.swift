/// Every eviction policy.
///
/// **The one line to add when you add a file in Eviction/.**
public let evictions: [any EvictionPolicy.Type] = [
  LRU.self
]
