public import Kernel
public import Serving

/// The open instance with the least weighted sum of what it would compute of the prompt and of its
/// load; then the least load, then the lowest index.
///
///     load = requests_weight · requests + tokens_weight · prompt tokens present
///            + pending_weight · prompt tokens left to compute
///     cost = prefix_weight · uncached + load_weight · load            (scale: tokens)
///     cost = prefix_weight · uncached / prompt
///            + load_weight · (load − least) / (most − least)          (scale: share)
///
/// The defaults are the weights of llm-d: 3 for the share of the prompt that is cached, 2 for the
/// place of the queue between the shortest and the longest of all open instances. Dynamo's cost,
/// `overlap_score_weight` w times the blocks to prefill plus the active blocks, is `scale: tokens`
/// with `prefix_weight` and `pending_weight` w, `tokens_weight` 1 and `requests_weight` 0; blocks
/// are counted in tokens.
///
/// Modelled: the sum and its least value. Not modelled: a choice at random among the best ones, or
/// by a temperature; the share of the KV pool that is used, for which requests stand here; blocks
/// of answers among Dynamo's active blocks.
///
/// Source: llm-d inference scheduler (prefix-cache scorer 3, queue scorer 2) after the Gateway API
/// Inference Extension 1.0; NVIDIA Dynamo, `kv_router/scheduler.rs`, 2025.
public struct PrefixLoad: Router {
  /// In what numbers prompts and loads are added.
  public enum Scale: String, Codable, Sendable, CaseIterable {
    /// Shares of the prompt and of the range of loads.
    case share
    /// Tokens.
    case tokens
  }

  /// Weights.
  public struct Options: PolicyOptions {
    /// In what numbers prompts and loads are added.
    public var scale = Scale.share
    /// Weight of what is not cached.
    public var prefixWeight = 3.0
    /// Weight of the load.
    public var loadWeight = 2.0
    /// Weight of a request in the load.
    public var requestsWeight = 1.0
    /// Weight of a prompt token of the requests present in the load.
    public var tokensWeight = 0.0
    /// Weight of a prompt token left to compute in the load.
    public var pendingWeight = 0.0
    /// Those of llm-d.
    public init() {}
    /// Ranges.
    public var fault: String? {
      for (name, weight) in [
        ("prefix_weight", prefixWeight), ("load_weight", loadWeight),
        ("requests_weight", requestsWeight), ("tokens_weight", tokensWeight),
        ("pending_weight", pendingWeight),
      ] where !(weight >= 0 && weight <= 1e9) {
        return "\(name) must be 0 to 1e9"
      }
      return nil
    }
  }

  /// `prefix-load`.
  public static let name = "prefix-load"
  /// What it is.
  public static let summary =
    "the least weighted sum of uncached prompt and load (llm-d, Dynamo); O(log n + blocks), "
    + "with an exact index O(n blocks)"
  /// It may.
  public static let readsPendingPrefill = true
  /// It does.
  public static let readsHits = true
  private let options: Options
  private var loads: LeastLoad
  private var negative: LeastLoad

  /// Nobody is open yet.
  public init(_ options: Options, _ context: RouterContext) {
    self.options = options
    loads = LeastLoad(context.instances)
    negative = loads
  }

  /// The least cost.
  public mutating func route(_ request: Arrival, in fleet: inout Fleet) -> Int {
    let levels = fleet.hitLevels(of: request.id)
    let prompt = Double(request.promptTokens)
    let (least, range) = (loads.least, -negative.least - loads.least)
    let isShare = options.scale == .share
    let perToken = isShare ? options.prefixWeight / max(1, prompt) : options.prefixWeight
    let perLoad =
      isShare ? (range > 0 ? options.loadWeight / range : 0) : options.loadWeight
    let base = isShare ? least : 0
    return fleet.cheapest(request.id, levels, by: loads) { load, hit in
      perToken * (prompt - Double(hit)) + perLoad * (load - base)
    }.instance
  }

  /// Keeps the order of loads.
  public mutating func loadChanged(_ instance: Int, _ load: Load) {
    let sum =
      options.requestsWeight * Double(load.requests)
      + options.tokensWeight * Double(load.promptTokens)
      + options.pendingWeight * Double(load.pendingPrefill)
    loads.set(instance, sum)
    negative.set(instance, -sum)
  }

  /// Keeps closed instances out.
  public mutating func membershipChanged(_ instance: Int, isOpen: Bool) {
    loads.setOpen(instance, isOpen)
    negative.setOpen(instance, isOpen)
  }
}
