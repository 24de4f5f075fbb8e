internal import Memory
public import Metrics
public import Serving
public import Units

/// The instances as a router sees them.
public struct Fleet: Sendable {
  var instances: [Instance]
  /// Signals of each instance as of the last refresh, or always current; free to read.
  public internal(set) var loads: [Load]
  /// The open instances that do what a router is asked for, ascending: those that a request can
  /// go to.
  public private(set) var openInstances: [Int]
  /// The loads as they are.
  var current: [Load]
  var now = Instant.zero
  /// What the router believes to be cached where, if `knowsByIndex`.
  ///
  /// Not an optional: those are copied to be read.
  var index = HitIndex(capacities: [])
  /// Whether hits come from `index`; else caches are asked.
  var knowsByIndex = false
  /// What caches have answered about one prompt, the most first.
  var hits: [Hit] = []
  private var isOpenNow: [Bool]
  /// Whether it is shown to the router of instances that decode.
  private var showsDecodes = false
  /// The open instances that are not shown, ascending.
  private var hidden: [Int]
  /// The tier that all instances have in common, while nobody acts; nil without.
  var commonTier: TieredStore?
  private let chains: PromptChains
  private let knowsPrompts: Bool
  private let prompts: [Int32]

  /// `instances`, all of which are open, for `requests`.
  public init(_ instances: [Instance], for requests: RequestTable = RequestTable()) {
    self.instances = instances
    loads = instances.map(\.load)
    current = loads
    openInstances = instances.indices.filter { instances[$0].role.takesRequests }
    hidden = instances.indices.filter { !instances[$0].role.takesRequests }
    isOpenNow = instances.map { _ in true }
    knowsPrompts = requests.chains != nil
    chains = requests.chains ?? PromptChains(tokensPerBlock: 1)
    prompts = requests.prompt
  }

  // What is asked for every request is inline: a caller that changes the fleet copies it for calls.
  /// Number of instances, those that are not open among them.
  public var count: Int { instances.count }

  /// Whether a request can go to `instance`.
  @inline(__always)
  public func isOpen(_ instance: Int) -> Bool {
    isOpenNow[instance] && instances[instance].role.takesRequests != showsDecodes
  }

  /// Whether `instance` is open to requests as they arrive.
  @inline(__always)
  func takesRequests(_ instance: Int) -> Bool {
    isOpenNow[instance] && instances[instance].role.takesRequests
  }

  /// The open instances that decode what others have prefilled, ascending.
  var openDecodes: [Int] { showsDecodes ? openInstances : hidden }

  /// Shows it to the router of instances that decode, or to that of arriving requests.
  mutating func show(decodes: Bool) {
    guard showsDecodes != decodes else { return }
    showsDecodes = decodes
    swap(&openInstances, &hidden)
  }

  /// The first open instance from `instance` on, counted round; there must be one.
  @inline(__always)
  public func firstOpen(from instance: Int) -> Int {
    let place = openInstances.partition { $0 >= instance % count }
    return openInstances[place < openInstances.count ? place : 0]
  }

  /// Opens or closes `instance`; false when it is so already.
  mutating func setOpen(_ instance: Int, _ isOpen: Bool) -> Bool {
    guard isOpenNow[instance] != isOpen else { return false }
    isOpenNow[instance] = isOpen
    openInstances = instances.indices.filter { self.isOpen($0) }
    hidden = instances.indices.filter { isOpenNow[$0] && !self.isOpen($0) }
    return true
  }

  // MARK: Prompts

  /// Tokens of a block of `promptBlocks`; 0 when nothing is known of prompts.
  public var tokensPerPromptBlock: Int32 { knowsPrompts ? chains.tokensPerBlock : 0 }

  /// The blocks of a prompt, each of which stands for its tokens and all before them.
  ///
  /// The last one may be partial. Empty when nothing is known of prompts.
  public func promptBlocks(of request: RequestID) -> ArraySlice<BlockID> {
    guard knowsPrompts else { return [] }
    return chains.blocks[chains.range(of: Int(request.row))]
  }

  /// Prompt tokens of a request.
  public func promptTokens(of request: RequestID) -> Int32 { prompts[Int(request.row)] }

  /// Lends the common tier to `instance`, which is about to act, or takes it back.
  mutating func exchangeTier(with instance: Int) {
    instances[instance].exchangeCommonTier(&commonTier)
  }

  // MARK: Queues

  /// A request that waits on an instance and has never run.
  public struct Queued: Sendable {
    /// The request.
    public let request: RequestID
    /// Prompt tokens that were not cached there when it came.
    public let uncached: Int32
  }

  /// What waits on `instance` and has never run, in the order in which it is served.
  ///
  /// - Complexity: O(queue).
  public func queue(on instance: Int) -> [Queued] {
    instances[instance].waitingRequests().map { Queued(request: $0.request, uncached: $0.uncached) }
  }

  /// Whether `instance` could ever serve a request.
  func couldServe(_ request: RequestID, on instance: Int, _ requests: RequestTable) -> Bool {
    instances[instance].couldServe(request, requests)
  }
}

extension [Int] {
  /// The first index whose element meets `condition`, which all after it meet too; O(log n).
  @inline(__always)
  fileprivate func partition(_ condition: (Int) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if condition(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
