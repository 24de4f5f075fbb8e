public import Kernel
public import Serving
internal import Units

/// SGLang's router: a balanced cluster is served by matches in the router's own trees, an
/// unbalanced one by the shortest queue.
///
/// Unbalanced is a cluster whose longest queue exceeds the shortest by more than
/// `balance_abs_threshold` requests and is more than `balance_rel_threshold` times as long. Else
/// the longest match wins if it is more than `cache_threshold` of the prompt, and the instance with
/// the smallest tree if it is not. Then the prompt enters the tree of the chosen one. Equal ones go
/// to the lowest index.
///
/// Modelled: the rule, with queues as the cluster's signals show them and matches by blocks of the
/// trace in trees of its own, whatever the cluster's index. A tree drops what it used last when it
/// grows beyond its size. Not modelled: eviction of trees once a minute only, matches by
/// characters. A prompt of which nothing is known enters as one that no other matches.
///
/// Source: sgl-router 0.1, policy `cache_aware` (`sgl-router/src/tree.rs`, SGLang 0.4);
/// `max_tree_size` of 2²⁴ characters, four of which are counted as a token here.
public struct SGLangCacheAware: Router {
  /// Thresholds.
  public struct Options: PolicyOptions {
    /// Share of a prompt above which a match decides.
    public var cacheThreshold = 0.5
    /// Requests by which queues may differ.
    public var balanceAbsThreshold = 32
    /// Ratio by which they may.
    public var balanceRelThreshold = 1.0001
    /// Most tokens of an instance's tree.
    public var maxTreeTokens = 1 << 22
    /// Those of the program.
    public init() {}
    /// Ranges.
    public var fault: String? {
      if !(cacheThreshold >= 0 && cacheThreshold <= 1) { return "cache_threshold must be 0 to 1" }
      if balanceAbsThreshold < 0 { return "balance_abs_threshold must not be negative" }
      if !(balanceRelThreshold >= 1 && balanceRelThreshold < .infinity) {
        return "balance_rel_threshold must be at least 1"
      }
      return maxTreeTokens < 1 ? "max_tree_tokens must be at least 1" : nil
    }
  }

  /// `sglang-cache-aware`.
  public static let name = "sglang-cache-aware"
  /// It knows prompts by their blocks.
  public static let readsPrompts = true
  /// What it is.
  public static let summary =
    "SGLang: longest match in the router's trees while queues are alike, else the shortest queue; "
    + "O(blocks + log n + holders of the longest match)"
  private let options: Options
  private var shortest: LeastLoad
  private var longest: LeastLoad
  private var smallest: LeastLoad
  private var trees: HitIndex?
  /// Tokens of prompts of which nothing is known, by instance.
  private var unknown: [Int64]

  /// Empty trees.
  public init(_ options: Options, _ context: RouterContext) {
    self.options = options
    shortest = LeastLoad(context.instances)
    longest = shortest
    smallest = shortest
    unknown = Array(repeating: 0, count: context.instances)
  }

  /// By queues or by trees; the chosen tree grows.
  public mutating func route(_ request: Arrival, in fleet: inout Fleet) -> Int {
    let blocks = fleet.promptBlocks(of: request.id)
    let size = fleet.tokensPerPromptBlock
    if trees == nil, size > 0 {
      let capacity = max(1, options.maxTreeTokens / Int(size))
      trees = HitIndex(capacities: Array(repeating: capacity, count: fleet.count))
    }
    let pick = isBalanced ? match(request, blocks, size) ?? smallest.first : shortest.first
    if blocks.isEmpty {
      unknown[pick] += Int64(request.promptTokens)
    } else {
      trees?.learn(blocks, on: pick, from: request.id.row)
    }
    weigh(pick, tokensPerBlock: size)
    return pick
  }

  private var isBalanced: Bool {
    let (low, high) = (shortest.least, -longest.least)
    return high - low <= Double(options.balanceAbsThreshold)
      || high <= low * options.balanceRelThreshold
  }

  /// The first open instance with the longest match, if that is long enough.
  private mutating func match(
    _ request: Arrival, _ blocks: ArraySlice<BlockID>, _ size: Int32
  ) -> Int? {
    let depth = trees?.depth(of: blocks) ?? 0
    let tokens = min(Int64(depth) * Int64(size), Int64(request.promptTokens))
    guard depth > 0, Double(tokens) > options.cacheThreshold * Double(request.promptTokens) else {
      return nil
    }
    var holders: [Int] = []
    trees?.appendHolders(
      of: blocks[blocks.startIndex + depth - 1], without: nil, to: &holders)
    return holders.min()
  }

  private mutating func weigh(_ instance: Int, tokensPerBlock size: Int32) {
    let tokens = Int64(trees?.size(of: instance) ?? 0) * Int64(size) + unknown[instance]
    smallest.set(instance, Double(tokens))
  }

  /// Keeps the order of queues.
  public mutating func loadChanged(_ instance: Int, _ load: Load) {
    shortest.set(instance, Double(load.requests))
    longest.set(instance, -Double(load.requests))
  }

  /// Who closes loses its tree.
  public mutating func membershipChanged(_ instance: Int, isOpen: Bool) {
    shortest.setOpen(instance, isOpen)
    longest.setOpen(instance, isOpen)
    smallest.setOpen(instance, isOpen)
    guard !isOpen else { return }
    trees?.forget(instance)
    unknown[instance] = 0
    smallest.set(instance, 0)
  }
}
