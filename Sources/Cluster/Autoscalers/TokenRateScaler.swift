public import Kernel
public import Units

/// By prompt and output tokens a second, against what an instance is known to serve.
public struct TokenRateScaler: Autoscaler {
  /// `token-rate`.
  public static let name = "token-rate"
  /// What it is.
  public static let summary =
    "as many instances as serve the tokens a second of late, prompts and outputs, at a target "
    + "utilisation of what one can"

  /// Its settings.
  public struct Options: PolicyOptions {
    /// Tokens a second, prompts and outputs, that an instance can serve.
    public var tokensPerSecond = 10_000.0
    /// Share of that which is aimed at.
    public var utilization = 0.7
    /// Share of the target by which it may be off before anything changes.
    public var tolerance = 0.1
    /// The rate is that of the tokens of so long a time.
    public var window = Seconds(60)

    /// The defaults.
    public init() {}

    /// All but the tolerance above 0.
    public var fault: String? {
      if tokensPerSecond <= 0 { return "tokens_per_second \(tokensPerSecond) is not above 0" }
      if utilization <= 0 || utilization > 1 {
        return "utilization \(utilization) is not above 0 and at most 1"
      }
      if tolerance < 0 { return "tolerance \(tolerance) is below 0" }
      return window.value > 0 ? nil : "window \(window) has no tokens"
    }
  }

  private let options: Options
  /// Looks of the window and the one before it, oldest first.
  private var looks: [(time: Seconds, tokens: Int64)] = [(Seconds(0), 0)]

  /// No tokens were served.
  public init(_ options: Options, _ context: AutoscalerContext) { self.options = options }

  /// What the rate of the window asks for.
  public mutating func instances(for view: ScalingView) -> Int {
    let now = view.time.seconds
    looks.append((now, view.tokens))
    while looks.count > 2, now - looks[1].time >= options.window { looks.removeFirst() }
    let time = (now - looks[0].time).value
    guard time > 0 else { return view.present }
    let rate = Double(view.tokens - looks[0].tokens) / time
    let wanted = rate / (options.tokensPerSecond * options.utilization)
    let present = Double(max(1, view.present))
    guard abs(wanted / present - 1) > options.tolerance else { return view.present }
    return Int(min(wanted.rounded(.up), 1e9))
  }
}
