/// Every router.
///
/// **The one line to add when you add a file in Routers/.**
public let routers: [any Router.Type] = [
  RoundRobin.self,
  CacheAffinity.self,
  ConsistentHash.self,
  DualMap.self,
  LeastRequests.self,
  LeastTokens.self,
  MinPendingPrefill.self,
  MinTTFT.self,
  PowerOfTwo.self,
  Preble.self,
  PrefixLoad.self,
  SessionSticky.self,
  SGLangCacheAware.self,
  UniformRandom.self,
]
