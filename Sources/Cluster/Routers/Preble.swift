public import Kernel
public import Serving
public import Units

/// Exploit or explore: a request of which most is cached goes where most of it is, another one
/// where it costs least.
///
/// Exploit, if the longest hit is more than what it leaves to compute: of the instances with that
/// hit the one with the least recent work. Explore: the least sum of recent work, of what its
/// blocks would evict there, and of the prompt tokens to compute. Recent work is the time of what
/// the router has sent there within `window`: uncached prompt tokens by the instance's own time for
/// one, and `request_time` a request for its answer. Evicted blocks cost their time times the share
/// of recent requests that used them. An exploiting request that would go to the instance with the
/// most recent work explores if that exceeds the least by `redirect_ratio`: so load leaves heavy
/// instances, and hot prefixes are copied to light ones. Equal ones go to the least recent work,
/// then to the lowest index.
///
/// `rule: half` is the baseline in DualMap's paper: the longest hit if it is more than half of the
/// prompt, else the fewest prompt tokens left to compute, which also decide between equal hits.
///
/// Modelled: that. Not modelled: copies of hot prefixes by queueing time, a preference for
/// instances that decode much, the order by hit ratio within an instance; blocks that make room
/// cost nothing with an exact index, since caches are not asked what they would give up. A request
/// that moves later still counts as work where it was sent first.
///
/// Source: Preble (Srivatsa et al., arXiv 2407.00023), algorithm 1, E2; its program redirects above
/// a ratio of 1.4. `half`: DualMap, arXiv 2602.06502.
public struct Preble: Router {
  /// Which rule.
  public enum Rule: String, Codable, Sendable, CaseIterable {
    /// Preble's own.
    case e2
    /// DualMap's baseline.
    case half
  }

  /// Rule and window.
  public struct Options: PolicyOptions {
    /// Which rule.
    public var rule = Rule.e2
    /// How long work counts as recent.
    public var window = Seconds(180)
    /// Work of a request besides its prompt, for its answer.
    public var requestTime = Seconds(0)
    /// Ratio of the most to the least recent work above which requests are redirected; 0: never.
    public var redirectRatio = 1.4
    /// Preble's.
    public init() {}
    /// Ranges.
    public var fault: String? {
      if !(window.value > 0 && window.value <= 1e6) { return "window must be above 0 s" }
      if !(requestTime.value >= 0 && requestTime.value <= 1e6) {
        return "request_time must be 0 to 1e6 s"
      }
      if redirectRatio != 0, !(redirectRatio >= 1 && redirectRatio < .infinity) {
        return "redirect_ratio must be 0, for never, or at least 1"
      }
      return nil
    }
  }

  /// Work that was sent to an instance.
  private struct Work: Sendable {
    let end: Instant
    let instance: Int
    let time: Int64
  }

  /// `preble`.
  public static let name = "preble"
  /// What it is.
  public static let summary =
    "Preble: longest hit if most is cached, else least recent work; O(blocks + log n + those "
    + "nearly as good), with an exact index O(n blocks)"
  /// The rule `half` does.
  public static let readsPendingPrefill = true
  /// It does.
  public static let readsHits = true
  private let options: Options
  private let times: [Double]
  /// The order of loads: recent work, s; for `half` prompt tokens left to compute.
  private var loads: LeastLoad
  private var heaviest: LeastLoad
  /// Recent work of each instance, ps: whole numbers, so that what comes also goes.
  private var work: [Int128]
  private var recent: [Work] = []
  /// Where `recent` begins; what is before it has grown old.
  private var oldest = 0

  /// Nothing was sent yet.
  public init(_ options: Options, _ context: RouterContext) {
    self.options = options
    times = context.promptTokenTimes
    loads = LeastLoad(context.instances)
    heaviest = loads
    work = Array(repeating: 0, count: context.instances)
  }

  /// Exploits or explores.
  public mutating func route(_ request: Arrival, in fleet: inout Fleet) -> Int {
    if options.rule == .e2 { forgetOldWork(at: fleet.now) }
    let levels = fleet.hitLevels(of: request.id)
    let pick = choose(request, levels, in: &fleet)
    if options.rule == .e2 {
      let hit = fleet.hitTokens(of: request.id, on: pick)
      let time = options.requestTime.value + Double(request.promptTokens - hit) * times[pick]
      let end = fleet.now + options.window
      add(Work(end: end, instance: pick, time: Int64((time * 1e12).rounded())))
    }
    return pick
  }

  private func choose(
    _ request: Arrival, _ levels: [HitLevel], in fleet: inout Fleet
  ) -> Int {
    let enough = Double(request.promptTokens) / 2
    let best = fleet.cheapest(request.id, levels, by: loads) { _, hit in
      Double(hit) > enough ? -Double(hit) : 0
    }
    guard options.rule == .e2 else { return best.instance }
    guard best.cost < 0, !isOverloaded(best.instance) else {
      return explore(request, levels, in: &fleet)
    }
    return best.instance
  }

  private func isOverloaded(_ instance: Int) -> Bool {
    let ratio = options.redirectRatio
    return ratio > 0 && loads[instance] == -heaviest.least && loads[instance] > ratio * loads.least
  }

  /// Looks at instances from the least recent work on until no further one can cost less.
  private func explore(
    _ request: Arrival, _ levels: [HitLevel], in fleet: inout Fleet
  ) -> Int {
    let prompt = Double(request.promptTokens)
    let fastest = times.min() ?? 0
    let least = (prompt - Double(levels.first?.tokens ?? 0)) * fastest
    let size = Double(fleet.tokensPerPromptBlock)
    let sent = Double(max(1, recent.count - oldest))
    var best: Choice?
    loads.visitAscending { i in
      if let best, loads[i] + least > best.cost { return false }
      let uncached = prompt - Double(fleet.hitTokens(of: request.id, on: i))
      let evicted = Double(fleet.usesEvicted(by: request.id, on: i)) * size / sent
      let choice = Choice(
        instance: i, cost: loads[i] + (uncached + evicted) * times[i], load: loads[i])
      if best.map(choice.precedes) ?? true { best = choice }
      return true
    }
    return best?.instance ?? loads.first
  }

  private mutating func add(_ new: Work) {
    recent.append(new)
    change(new.instance, by: new.time)
  }

  private mutating func forgetOldWork(at now: Instant) {
    while oldest < recent.count, recent[oldest].end <= now {
      change(recent[oldest].instance, by: -recent[oldest].time)
      oldest += 1
    }
    guard oldest > 1024, 2 * oldest > recent.count else { return }
    recent.removeFirst(oldest)
    oldest = 0
  }

  private mutating func change(_ instance: Int, by time: Int64) {
    work[instance] += Int128(time)
    let seconds = Double(Int64(clamping: work[instance])) * 1e-12
    loads.set(instance, seconds)
    heaviest.set(instance, -seconds)
  }

  /// Keeps the order of tokens left to compute.
  public mutating func loadChanged(_ instance: Int, _ load: Load) {
    if options.rule == .half { loads.set(instance, Double(load.pendingPrefill)) }
  }

  /// Keeps closed instances out.
  public mutating func membershipChanged(_ instance: Int, isOpen: Bool) {
    loads.setOpen(instance, isOpen)
    heaviest.setOpen(instance, isOpen)
  }
}
