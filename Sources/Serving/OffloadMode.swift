public import Memory
internal import Units

/// Whether what tiers under HBM have of a prompt is loaded or computed again.
public enum LoadRule: String, Sendable, CaseIterable {
  /// All that is found is loaded.
  case always
  /// As much of its beginning as saves most time is loaded: nothing where loading, alone on idle
  /// links, takes as long as computing.
  case cheaper
  /// Nothing is loaded.
  case never
}

/// Whether blocks of requests that wait rise to the nearest tier.
public enum Prefetching: String, Sendable, CaseIterable {
  /// They stay where they lie until they are loaded.
  case none
  /// They do when the request joins the queue, or as soon as there is room for them.
  case queued
}

/// How an engine uses the tiers under HBM for cached blocks.
public struct OffloadMode: Sendable, Equatable {
  /// When blocks go to the nearest tier: `.through` when they are computed, `.back` when they make
  /// room in HBM.
  ///
  /// What a policy finds too old or not worth keeping in HBM is not stored.
  public var writing = TieredStore.Writing.through
  /// What one copy carries; runs of neighbours are those of one call and one tier.
  public var granularity = CopyGranularity.layer
  /// Whether what is found is loaded.
  public var load = LoadRule.always
  /// Whether what is found below the nearest tier rises to it while its request waits.
  public var prefetch = Prefetching.none

  /// Everything is stored when it is computed and loaded when it is found: LMCache.
  public init() {}
}

/// The links over which an instance loads, as they are when nothing else moves.
public struct TierLinks: Sendable {
  private let fabric: Fabric
  private let routes: [Int]

  /// `routes[t]` is the way from tier `t` to HBM in `fabric`.
  public init(_ fabric: Fabric, routes: [Int]) {
    self.fabric = fabric
    self.routes = routes
  }

  /// Time that a transfer from its tier takes alone.
  func time(of transfer: Transfer) -> Seconds {
    fabric.timeAlone(of: transfer, on: routes[Int(transfer.tier)])
  }
}
