public import Kernel

/// By requests that wait for each open instance.
public struct QueueScaler: Autoscaler {
  /// `queue`.
  public static let name = "queue"
  /// What it is.
  public static let summary =
    "more instances while many requests wait for each open one, fewer while few do"

  /// Its settings.
  public struct Options: PolicyOptions {
    /// Waiting requests an open instance above which there are too few instances.
    public var up = 4.0
    /// The same below which there are too many.
    public var down = 0.5
    /// Instances that come or go at once.
    public var step = 1

    /// The defaults.
    public init() {}

    /// Thresholds cross, or nothing would come.
    public var fault: String? {
      if step < 1 { return "step \(step) changes nothing; write at least 1" }
      if step > 100_000 { return "step \(step) is above 100000" }
      if down < 0 { return "down \(down) is below 0" }
      return down < up ? nil : "down \(down) is not below up \(up)"
    }
  }

  private let options: Options

  /// Without memory of what it saw.
  public init(_ options: Options, _ context: AutoscalerContext) { self.options = options }

  /// A step more or less.
  public mutating func instances(for view: ScalingView) -> Int {
    let each = Double(view.waiting) / Double(max(1, view.open))
    if each > options.up { return view.present + options.step }
    return each < options.down ? view.present - options.step : view.present
  }
}
