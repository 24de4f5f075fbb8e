public import Kernel
internal import Serving
internal import Units

/// DualMap: two candidate instances for each prefix, affinity as long as it meets the target.
///
/// The key of a request is the beginning of its prompt, longer where that is hot (`HotnessTree`).
/// Two hash rings give two candidates. The one with the longer hit serves it, the one with less to
/// compute if hits are equal, unless its prompt would then wait longer than the target: then the
/// one with the shorter time to first token. When both are over the target, requests that wait on
/// either go to their other candidate, those that gain most first, until the rest of the queue
/// meets the target. Instances that join or leave move only the neighbouring arcs of both rings.
///
/// Modelled: the parts above, each of which is an option. Not modelled: the guard against engines
/// that are held up by decodes (no prefill for 3 s), the time of a cache query (set
/// `router.latency`), reads of cached prefixes that take time of their own.
///
/// Source: "DualMap: Enabling Both Cache Affinity and Load Balancing for Distributed LLM Serving",
/// ICLR 2026, arXiv 2602.06502, and its authors' code (ASISys/DualMap).
public struct DualMap: Router {
  /// How one of the candidates is chosen.
  public enum Choice: String, Codable, Sendable, CaseIterable {
    /// By affinity while that meets the target, else by time to first token.
    case slo
    /// By time to first token.
    case ttft = "min-ttft"
    /// The one with fewer requests: the rings alone.
    case hash
  }

  /// Its parts and constants.
  public struct Options: PolicyOptions {
    /// Time of a prompt token; auto: what each instance takes.
    public var prefillToken = AutomaticTime.auto
    /// Target of the time to first token; auto: `slo.ttft_ms`, without that 5 s.
    public var ttft = AutomaticTime.auto
    /// Candidates of a key, 1 or 2.
    public var candidates = 2
    /// How one of them is chosen.
    public var choice = Choice.slo
    /// Whether queued requests migrate when both are over the target.
    public var rebalance = true
    /// Whether hot prefixes have longer keys.
    public var adaptiveKey = true
    /// Tokens of a step of a key.
    public var keyTokens = 512
    /// Steps of a key at least.
    public var initialBlocks = 2
    /// Requests whose prefixes are counted.
    public var window = 1000
    /// Requests before which nothing counts as hot.
    public var windowLeast = 50
    /// Places of an instance on each ring.
    public var virtualNodes = 128
    /// Those of the paper.
    public init() {}
    /// Ranges.
    public var fault: String? {
      for time in [prefillToken, ttft] where time.value(or: Seconds(1)).value <= 0 {
        return "prefill_token and ttft must be above 0 s, or auto"
      }
      if !(1...2).contains(candidates) { return "candidates must be 1 or 2" }
      let lengths = 1...1_000_000
      if !lengths.contains(keyTokens) || !lengths.contains(initialBlocks) {
        return "key_tokens and initial_blocks must be 1 to 1000000"
      }
      if window < 1 || windowLeast < 0 { return "window must be at least 1, window_least 0" }
      return (1...65_536).contains(virtualNodes) ? nil : "virtual_nodes must be 1 to 65536"
    }
  }

  /// `dualmap`.
  public static let name = "dualmap"
  /// What it is.
  public static let summary =
    "two candidates by prefix hash, affinity within the TTFT target, migration; "
    + "O(log n + blocks), a round of migration O(n + queue blocks)"
  /// Both are what it weighs.
  public static let readsPendingPrefill = true
  /// Of the two candidates.
  public static let readsHits = true

  private let options: Options
  private let tokenTimes: [Double]
  private let target: Double
  private let seeds: [UInt64]
  private var rings: [HashRing]
  /// Instances that have joined since the last request.
  private var newcomers: [Int] = []
  private var tree: HotnessTree
  /// The candidates of each request that was routed, by row.
  private var candidates: [SIMD2<Int32>] = []
  /// Whether both candidates of the last request were over the target.
  private var isOverloaded = false

  /// Two rings without instances.
  public init(_ options: Options, _ context: RouterContext) {
    self.options = options
    tokenTimes = context.promptTokenTimes.map {
      options.prefillToken.value(or: Seconds($0)).value
    }
    target = options.ttft.value(or: Seconds(context.ttftTarget ?? 5)).value
    seeds = (0..<UInt64(options.candidates)).map { context.seed &+ $0 << 32 }
    rings = seeds.map { HashRing(seed: $0, virtualNodes: options.virtualNodes) }
    tree = HotnessTree(window: options.window, least: options.windowLeast)
  }

  /// It joins or leaves both rings.
  public mutating func membershipChanged(_ instance: Int, isOpen: Bool) {
    if isOpen { return newcomers.append(instance) }
    if let place = newcomers.firstIndex(of: instance) {
      newcomers.remove(at: place)
    } else {
      for i in rings.indices { rings[i].remove(instance) }
    }
  }

  /// One of the two candidates.
  public mutating func route(_ request: Arrival, in fleet: inout Fleet) -> Int {
    let (first, second) = findCandidates(of: request, in: fleet)
    while candidates.count <= Int(request.id.row) { candidates.append(SIMD2(-1, -1)) }
    candidates[Int(request.id.row)] = SIMD2(Int32(first), Int32(second))
    isOverloaded = false
    guard first != second else { return first }
    if options.choice == .hash {
      return fleet.loads[second].requests < fleet.loads[first].requests ? second : first
    }
    let one = Candidate(first, hit: fleet.hitTokens(of: request.id, on: first), in: fleet)
    let two = Candidate(second, hit: fleet.hitTokens(of: request.id, on: second), in: fleet)
    let (near, far) = (time(of: one, request), time(of: two, request))
    isOverloaded = min(near, far) > target
    let faster = far < near ? two : one
    guard options.choice == .slo else { return faster.instance }
    let isSecond = two.hit != one.hit ? two.hit > one.hit : two.pending < one.pending
    let best = isSecond ? two : one
    return time(of: best, request) <= target ? best.instance : faster.instance
  }

  private func time(of candidate: Candidate, _ request: Arrival) -> Double {
    let tokens = candidate.pending + Int64(request.promptTokens - candidate.hit)
    return Double(tokens) * tokenTimes[candidate.instance]
  }

  private mutating func findCandidates(
    of request: Arrival, in fleet: Fleet
  ) -> (first: Int, second: Int) {
    if !newcomers.isEmpty {
      for i in rings.indices { rings[i].add(contentsOf: newcomers) }
      newcomers.removeAll()
    }
    let blocks = fleet.promptBlocks(of: request.id)
    var key = UInt64(UInt32(bitPattern: request.session))
    if !blocks.isEmpty {
      let unit = max(1, options.keyTokens / Int(fleet.tokensPerPromptBlock))
      tree.add(blocks, unit: unit)
      var length = min(options.initialBlocks * unit, blocks.count)
      if options.adaptiveKey {
        length = tree.keyLength(
          blocks, unit: unit, initial: options.initialBlocks,
          instances: fleet.openInstances.count)
      }
      // A block stands for all before it.
      key = UInt64(UInt32(bitPattern: blocks[blocks.startIndex + length - 1])) | 1 << 32
    }
    let first = rings[0].successor(of: HashRing.hash(of: key, seed: seeds[0]))
    guard rings.count > 1 else { return (first, first) }
    let place = HashRing.hash(of: key, seed: seeds[1])
    return (first, rings[1].successor(of: place, otherThan: first) ?? first)
  }

  /// Requests that wait on the candidates of `request` go to their other one.
  public mutating func rebalance(
    after request: Arrival, on instance: Int, in fleet: inout Fleet
  ) -> [Move] {
    guard isOverloaded, options.rebalance else { return [] }
    isOverloaded = false
    var relief = Relief(fleet.loads.map(\.pendingPrefill), tokenTimes, target)
    let own = candidates[Int(request.id.row)]
    for source in [Int(own.x), Int(own.y)] where fleet.isOpen(source) {
      relief.relieve(source, candidates, &fleet)
    }
    return relief.moves
  }

  /// An instance that could serve a request.
  private struct Candidate {
    let instance: Int
    let hit: Int32
    let pending: Int64

    init(_ instance: Int, hit: Int32, in fleet: Fleet) {
      self.instance = instance
      self.hit = hit
      pending = fleet.loads[instance].pendingPrefill
    }
  }
}

/// Moves that make the queues of overloaded instances meet the target.
private struct Relief {
  /// What would gain by going elsewhere.
  private struct Gain {
    let request: RequestID
    let target: Int
    let uncached: Int64
    let cost: Int64
    let gain: Double
  }

  var moves: [Move] = []
  private var pending: [Int64]
  private let tokenTimes: [Double]
  private let target: Double

  init(_ pending: [Int64], _ tokenTimes: [Double], _ target: Double) {
    self.pending = pending
    self.tokenTimes = tokenTimes
    self.target = target
  }

  private func time(_ tokens: Int64, on instance: Int) -> Double {
    Double(tokens) * tokenTimes[instance]
  }

  /// One round for what waits on `source`.
  mutating func relieve(
    _ source: Int, _ candidates: [SIMD2<Int32>], _ fleet: inout Fleet
  ) {
    let queue = fleet.queue(on: source)
    let waiting = queue.reduce(Int64(0)) { $0 + Int64($1.uncached) }
    var ahead = max(0, pending[source] - waiting)
    var gains: [Gain] = []
    for entry in queue {
      ahead += Int64(entry.uncached)
      let own = candidates[Int(entry.request.row)]
      let other = Int(own.x) == source ? Int(own.y) : Int(own.x)
      guard other != source, other >= 0, fleet.isOpen(other) else { continue }
      let hit = fleet.hitTokens(of: entry.request, on: other)
      let cost = Int64(fleet.promptTokens(of: entry.request) - hit)
      let there = time(pending[other] + cost, on: other)
      let gain = time(ahead, on: source) - there
      guard gain > 0, there < target else { continue }
      gains.append(
        Gain(
          request: entry.request, target: other, uncached: Int64(entry.uncached), cost: cost,
          gain: gain))
    }
    gains.sort { ($0.gain, $1.request.row) > ($1.gain, $0.request.row) }
    for gain in gains where time(pending[source], on: source) > target {
      // What moved before has made the other side longer.
      guard time(pending[gain.target] + gain.cost, on: gain.target) < target else { continue }
      pending[source] -= gain.uncached
      pending[gain.target] += gain.cost
      moves.append(Move(gain.request, from: source, to: gain.target))
    }
  }
}
