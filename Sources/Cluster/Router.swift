public import Kernel
public import Serving
public import Units

/// What a router may know of an arriving request.
public struct Arrival: Sendable {
  /// Its row in the request table.
  public let id: RequestID
  /// When it arrived.
  public let time: Instant
  /// Prompt tokens.
  public let promptTokens: Int32
  /// Who sent it: turns of one session have one number; without sessions it is the row.
  public let session: Int32
}

/// What a router is told of the cluster that it works in.
public struct RouterContext: Sendable {
  /// Instances, those that may join later among them; a router is asked about the open ones.
  public var instances: Int
  /// Seed of what it draws.
  public var seed: UInt64
  /// The stream of what it draws at every request.
  public var stream = "router"
  /// Time that each instance takes for a prompt token, s: a chunk of 2,048 tokens / 2,048.
  public var promptTokenTimes: [Double]
  /// Target of the time to first token, s; nil when the experiment has none.
  public var ttftTarget: Double?

  /// The parameters are the fields; without times every token takes 0.1 ms.
  public init(
    instances: Int, seed: UInt64 = 1, promptTokenTimes: [Double] = [], ttftTarget: Double? = nil
  ) {
    self.instances = instances
    self.seed = seed
    self.promptTokenTimes =
      promptTokenTimes.isEmpty ? Array(repeating: 1e-4, count: instances) : promptTokenTimes
    self.ttftTarget = ttftTarget
  }
}

/// A request that goes from the queue of one instance to that of another.
public struct Move: Sendable, Equatable {
  /// The request, which has never run.
  public var request: RequestID
  /// Where it waits.
  public var source: Int
  /// Where it goes: an open instance.
  public var target: Int

  /// A move; the parameters are the fields.
  public init(_ request: RequestID, from source: Int, to target: Int) {
    self.request = request
    self.source = source
    self.target = target
  }
}

/// Picks the instance of an arriving request among those that are open.
///
/// It is asked once a request, and again for one that a failed or leaving instance gives back. All
/// that it knows comes from the request, the signals and the index of `Fleet` and what it
/// remembers: never an output length. Equal choices go to the lowest index, unless its own rule
/// says otherwise, and no result may depend on the order in which loads were reported.
public protocol Router: Sendable {
  /// Its settings.
  associatedtype Options: PolicyOptions
  /// The name used in experiment files.
  static var name: String { get }
  /// One sentence for `martlet list routers`, with what a choice costs.
  static var summary: String { get }
  /// Whether it reads `Load.pendingPrefill`, for which each arrival's cache is asked.
  static var readsPendingPrefill: Bool { get }
  /// Whether it asks which instance has what of a prompt.
  static var readsHits: Bool { get }
  /// Whether it looks at the blocks of prompts at all; as `readsHits` unless it says more.
  static var readsPrompts: Bool { get }
  /// A router with `options` in a cluster described by `context`.
  init(_ options: Options, _ context: RouterContext)
  /// The open instance that serves `request`.
  mutating func route(_ request: Arrival, in fleet: inout Fleet) -> Int
  /// The load of `instance`, as the router sees it, changed: keep an index here instead of scanning
  /// in `route`.
  mutating func loadChanged(_ instance: Int, _ load: Load)
  /// `instance` is open from now on, or no longer; every one is reported once at the start.
  mutating func membershipChanged(_ instance: Int, isOpen: Bool)
  /// What goes to another queue now that `request` has joined that of `instance`.
  mutating func rebalance(
    after request: Arrival, on instance: Int, in fleet: inout Fleet
  ) -> [Move]
  /// Why `options` cannot be used in `context`, nil when they can.
  static func fault(_ options: Options, in context: RouterContext) -> String?
}

extension Router {
  /// It does not.
  public static var readsPendingPrefill: Bool { false }
  /// It does not.
  public static var readsHits: Bool { false }
  /// If it asks for hits.
  public static var readsPrompts: Bool { readsHits }
  /// A router that keeps no index.
  public mutating func loadChanged(_ instance: Int, _ load: Load) {}
  /// A router that asks the fleet who is open.
  public mutating func membershipChanged(_ instance: Int, isOpen: Bool) {}
  /// Nothing.
  public mutating func rebalance(
    after request: Arrival, on instance: Int, in fleet: inout Fleet
  ) -> [Move] { [] }
  /// Any settings that are possible at all.
  public static func fault(_ options: Options, in context: RouterContext) -> String? { nil }
}
