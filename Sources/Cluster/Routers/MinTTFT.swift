public import Kernel
public import Serving
internal import Units

/// The open instance with the least estimated time to first token: prompt tokens that it has left
/// to compute and those of this prompt that it has not cached, times its time for a prompt token;
/// then the fewest tokens left to compute, then the lowest index.
///
/// Modelled: Mooncake's choice of the prefill instance, without transfers. Not modelled: fetching a
/// prefix from another instance, replicas of hot blocks, early rejection.
///
/// Source: Mooncake, arXiv 2407.00079, algorithm 1; the baseline min_ttft of DualMap,
/// arXiv 2602.06502.
public struct MinTTFT: Router {
  /// How fast instances are.
  public struct Options: PolicyOptions {
    /// Time for a prompt token; auto: each instance's own, of a chunk of 2,048 tokens.
    public var prefillToken = AutomaticTime.auto
    /// Each instance's own.
    public init() {}
    /// Ranges.
    public var fault: String? {
      let time = prefillToken.value(or: Seconds(1)).value
      return time > 0 && time < .infinity ? nil : "prefill_token must be above 0 s"
    }
  }

  /// `min-ttft`.
  public static let name = "min-ttft"
  /// What it is.
  public static let summary =
    "the instance with the least queue and uncached prompt (Mooncake); "
    + "O(speeds (log n + blocks)), with an exact index O(n blocks)"
  /// It does.
  public static let readsPendingPrefill = true
  /// It does.
  public static let readsHits = true
  /// The different times for a prompt token, and for each the instances that take it.
  private var times: [Double] = []
  private var loads: [LeastLoad] = []
  /// The place of each instance's time.
  private var speeds: [Int] = []

  /// Nobody is open yet.
  public init(_ options: Options, _ context: RouterContext) {
    for time in context.promptTokenTimes {
      let time = options.prefillToken.value(or: Seconds(time)).value
      if let speed = times.firstIndex(of: time) {
        speeds.append(speed)
      } else {
        speeds.append(times.count)
        times.append(time)
        loads.append(LeastLoad(context.instances))
      }
    }
  }

  /// The least time.
  public mutating func route(_ request: Arrival, in fleet: inout Fleet) -> Int {
    let levels = fleet.hitLevels(of: request.id)
    var best: Choice?
    for (time, loads) in zip(times, loads) where loads.count > 0 {
      let choice = fleet.cheapest(request.id, levels, by: loads) { pending, hit in
        (pending + Double(request.promptTokens - hit)) * time
      }
      if best.map(choice.precedes) ?? true { best = choice }
    }
    return best?.instance ?? fleet.openInstances[0]
  }

  /// Keeps the order of loads.
  public mutating func loadChanged(_ instance: Int, _ load: Load) {
    loads[speeds[instance]].set(instance, Double(load.pendingPrefill))
  }

  /// Keeps closed instances out.
  public mutating func membershipChanged(_ instance: Int, isOpen: Bool) {
    loads[speeds[instance]].setOpen(instance, isOpen)
  }
}
