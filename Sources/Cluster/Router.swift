public import Kernel
public import Serving
public import Units

/// What a router may know of an arriving request.
public struct Arrival: Sendable {
  /// Its row in the request table.
  public let id: RequestID
  /// When it arrives.
  public let time: Instant
  /// Prompt tokens.
  public let promptTokens: Int32
}

/// The instances as a router sees them.
public struct Fleet: Sendable {
  var instances: [Instance]
  /// Signals that change with membership only: always current, free to read.
  public internal(set) var loads: [Load]

  init(_ instances: [Instance]) {
    self.instances = instances
    loads = instances.map(\.load)
  }

  /// Number of instances.
  public var count: Int { instances.count }
}

/// Picks the instance of an arriving request.
public protocol Router: Sendable {
  /// Its settings.
  associatedtype Options: PolicyOptions
  /// The name used in experiment files.
  static var name: String { get }
  /// One sentence for `martlet list routers`.
  static var summary: String { get }
  /// A router with `options` over `instances` instances.
  init(_ options: Options, instances: Int)
  /// The instance that serves `request`; called once a request.
  mutating func route(_ request: Arrival, in fleet: inout Fleet) -> Int
  /// The load of `instance` changed: keep an index here instead of scanning in `route`.
  mutating func loadChanged(_ instance: Int, _ load: Load)
}

extension Router {
  /// A router that keeps no index.
  public mutating func loadChanged(_ instance: Int, _ load: Load) {}
}
