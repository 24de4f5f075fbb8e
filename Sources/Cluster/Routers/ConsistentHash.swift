public import Kernel
public import Serving

/// What is hashed.
public enum HashKey: String, Codable, Sendable, CaseIterable {
  /// The first blocks of the prompt.
  case prefix
  /// The session.
  case session
}

/// The instance to which the hash of the request belongs on a ring of virtual nodes.
///
/// The key is the last of the prompt's first `blocks` blocks, which stands for all before it; a
/// shorter prompt is hashed as far as it goes, one of which nothing is known by its session. With a
/// bound c, whoever has c times the mean number of requests, this one counted and rounded up, is
/// passed over for the next on the ring.
///
/// Modelled: one ring of all open instances; joining or leaving moves neighbouring arcs. Not
/// modelled: weights of instances.
///
/// Source: Karger et al., STOC 1997; Mirrokni, Thorup and Zadimoghaddam, "Consistent Hashing with
/// Bounded Loads", SODA 2018; with two blocks the single-hash affinity of DualMap,
/// arXiv 2602.06502.
public struct ConsistentHash: Router {
  /// The key, the ring and the bound.
  public struct Options: PolicyOptions {
    /// What is hashed.
    public var key = HashKey.prefix
    /// Blocks of the trace of which the key is made.
    public var blocks = 2
    /// Points of an instance on the ring.
    public var virtualNodes = 100
    /// Most requests of an instance as a multiple of the mean; 0: any number.
    public var bound = 0.0
    /// Two blocks, no bound.
    public init() {}
    /// Ranges.
    public var fault: String? {
      if blocks < 1 { return "blocks must be at least 1" }
      if !(1...100_000).contains(virtualNodes) { return "virtual_nodes must be 1 to 100000" }
      if bound != 0, !(bound >= 1 && bound < .infinity) {
        return "bound must be 0, for none, or at least 1"
      }
      return nil
    }
  }

  /// `consistent-hash`.
  public static let name = "consistent-hash"
  /// It knows prompts by their blocks.
  public static let readsPrompts = true
  /// What it is.
  public static let summary =
    "the instance on a hash ring by the prompt's first blocks or the session; O(log n), "
    + "with a bound and those passed over"
  private let options: Options
  private let seed: UInt64
  private var ring: HashRing
  /// Instances that have opened since the ring was asked last.
  private var joined: [Int] = []
  private var isOpen: [Bool]
  private var requests: [Int64]
  private var open: Int64 = 0
  /// Requests of all open instances.
  private var total: Int64 = 0

  /// A ring with nobody on it.
  public init(_ options: Options, _ context: RouterContext) {
    self.options = options
    seed = context.seed
    ring = HashRing(seed: context.seed, virtualNodes: options.virtualNodes)
    isOpen = Array(repeating: false, count: context.instances)
    requests = Array(repeating: 0, count: context.instances)
  }

  /// The first instance from the key's hash on that is below the bound.
  public mutating func route(_ request: Arrival, in fleet: inout Fleet) -> Int {
    if !joined.isEmpty {
      ring.add(contentsOf: joined)
      joined.removeAll()
    }
    let hash = HashRing.hash(of: key(of: request, in: fleet), seed: seed)
    let owner = ring.successor(of: hash)
    guard options.bound > 0 else { return owner }
    let most = (options.bound * Double(total + 1) / Double(open)).rounded(.up)
    var pick = owner
    ring.visit(from: hash) { instance in
      guard Double(requests[instance]) < most else { return true }
      pick = instance
      return false
    }
    return pick
  }

  /// Blocks and sessions have keys of their own.
  private func key(of request: Arrival, in fleet: Fleet) -> UInt64 {
    let blocks = fleet.promptBlocks(of: request.id).prefix(options.blocks)
    guard options.key == .prefix, let last = blocks.last else {
      return UInt64(UInt32(bitPattern: request.session))
    }
    return 1 << 32 | UInt64(UInt32(bitPattern: last))
  }

  /// Counts requests.
  public mutating func loadChanged(_ instance: Int, _ load: Load) {
    if isOpen[instance] { total += Int64(load.requests) - requests[instance] }
    requests[instance] = Int64(load.requests)
  }

  /// Takes instances off the ring at once and lets them in before the next request.
  public mutating func membershipChanged(_ instance: Int, isOpen: Bool) {
    guard self.isOpen[instance] != isOpen else { return }
    self.isOpen[instance] = isOpen
    open += isOpen ? 1 : -1
    total += isOpen ? requests[instance] : -requests[instance]
    if isOpen {
      joined.append(instance)
    } else if let place = joined.firstIndex(of: instance) {
      joined.remove(at: place)
    } else {
      ring.remove(instance)
    }
  }
}
