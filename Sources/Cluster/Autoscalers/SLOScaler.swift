public import Kernel
public import Units

/// By the share of recent requests that got their first token in time.
public struct SLOScaler: Autoscaler {
  /// `slo`.
  public static let name = "slo"
  /// What it is.
  public static let summary =
    "more instances while too few of the requests that ended lately met slo.ttft_ms, fewer while "
    + "nearly all did and none waits"

  /// Its settings.
  public struct Options: PolicyOptions {
    /// Share below which there are too few instances.
    public var up = 0.9
    /// Share from which there are too many, while nobody waits.
    public var down = 0.99
    /// Requests that ended so long ago count.
    public var window = Seconds(60)
    /// Fewest requests that say anything.
    public var least = 10
    /// Instances that come or go at once.
    public var step = 1

    /// The defaults.
    public init() {}

    /// Shares from 0 to 1 that do not cross.
    public var fault: String? {
      if step < 1 { return "step \(step) changes nothing; write at least 1" }
      if step > 100_000 { return "step \(step) is above 100000" }
      if least < 1 { return "least \(least) says nothing; write at least 1" }
      if window.value <= 0 { return "window \(window) holds no request" }
      let isInOrder = up > 0 && up <= down && down <= 1
      return isInOrder ? nil : "up \(up) and down \(down) must rise from above 0 to at most 1"
    }
  }

  private let options: Options
  private let target: Double
  /// The requests of the window; those before `first` are out of it.
  private var recent: [EndedRequest] = []
  private var first = 0
  private var met = 0

  /// No request has ended.
  public init(_ options: Options, _ context: AutoscalerContext) {
    self.options = options
    target = context.ttftTarget ?? .infinity
  }

  /// A step more or less.
  public mutating func instances(for view: ScalingView) -> Int {
    for request in view.ended {
      recent.append(request)
      if request.ttft <= target { met += 1 }
    }
    while first < recent.count, view.time.seconds - recent[first].time.seconds > options.window {
      if recent[first].ttft <= target { met -= 1 }
      first += 1
    }
    if first > recent.count / 2 {
      recent.removeFirst(first)
      first = 0
    }
    let count = recent.count - first
    guard count >= options.least else { return view.present }
    let share = Double(met) / Double(count)
    if share < options.up { return view.present + options.step }
    return share >= options.down && view.waiting == 0 ? view.present - options.step : view.present
  }

  /// It needs a target.
  public static func fault(_ options: Options, in context: AutoscalerContext) -> String? {
    context.ttftTarget == nil ? "needs a target; write slo: {ttft_ms: 500}, for example" : nil
  }
}
