/// Every eviction policy, the bounds last.
///
/// **The one line to add when you add a file in Eviction/.**
public let evictions: [any EvictionPolicy.Type] = [
  LRU.self,
  FIFO.self,
  LFU.self,
  SIEVE.self,
  S3FIFO.self,
  ARC.self,
  TwoQueues.self,
  LRUK.self,
  GDSF.self,
  TTL.self,
  Mark0.self,
  MarkAndPredict.self,
  Hybrid.self,
  Min.self,
  MinDemand.self,
  Infinite.self,
]
