public import Kernel
public import Units

/// What an autoscaler is told of the instances that it scales.
public struct AutoscalerContext: Sendable {
  /// Target of the time to first token, s; nil when the experiment has none.
  public var ttftTarget: Double?

  /// The parameters are the fields.
  public init(ttftTarget: Double? = nil) { self.ttftTarget = ttftTarget }
}

/// A request that ended since an autoscaler last looked.
public struct EndedRequest: Sendable, Equatable {
  /// When its last token ended.
  public var time: Instant
  /// Its time to first token, s.
  public var ttft: Double

  /// The parameters are the fields.
  public init(time: Instant, ttft: Double) {
    self.time = time
    self.ttft = ttft
  }
}

/// What an autoscaler sees of its instances: what a metrics endpoint would say.
public struct ScalingView: Sendable {
  /// Now.
  public var time: Instant
  /// Instances that take requests.
  public var open: Int
  /// Instances that are starting.
  public var starting: Int
  /// Requests queued on them; where none is open those that wait for one, too.
  public var waiting: Int
  /// Prompt tokens of requests that got their first token and output tokens since the start; of
  /// instances that only prefill the prompt tokens that they computed.
  public var tokens: Int64
  /// Requests that ended since the last look, in the order in which they did.
  public var ended: [EndedRequest]

  /// The parameters are the fields.
  public init(
    time: Instant, open: Int, starting: Int, waiting: Int, tokens: Int64, ended: [EndedRequest]
  ) {
    self.time = time
    self.open = open
    self.starting = starting
    self.waiting = waiting
    self.tokens = tokens
    self.ended = ended
  }

  /// Instances that take requests or soon will.
  public var present: Int { open + starting }
}

/// Says how many instances there should be.
///
/// It is asked at every interval of its rule, which keeps the answer within bounds and waits a
/// cooldown after a change. It knows the past alone: queues, tokens and requests that ended.
public protocol Autoscaler: Sendable {
  /// Its settings.
  associatedtype Options: PolicyOptions
  /// The name used in experiment files.
  static var name: String { get }
  /// One sentence for `martlet list autoscalers`.
  static var summary: String { get }
  /// An autoscaler with `options` for instances described by `context`.
  init(_ options: Options, _ context: AutoscalerContext)
  /// How many instances there should be, those that start included.
  mutating func instances(for view: ScalingView) -> Int
  /// Why `options` cannot be used in `context`, nil when they can.
  static func fault(_ options: Options, in context: AutoscalerContext) -> String?
}

extension Autoscaler {
  /// Any settings that are possible at all.
  public static func fault(_ options: Options, in context: AutoscalerContext) -> String? { nil }
}

/// Who scales which instances, and how often.
public struct ScalingRule: Sendable {
  /// Who says how many there should be.
  public var autoscaler: any Autoscaler
  /// The instances; those that are not there at the start are in `ClusterRules.absent`.
  public var instances: Range<Int>
  /// Fewest that take requests.
  public var fewest: Int
  /// Most.
  public var most: Int
  /// Time between two looks.
  public var interval: Seconds
  /// Time after a change in which there is no other.
  public var cooldown: Seconds

  /// The parameters are the fields.
  public init(
    _ autoscaler: any Autoscaler, instances: Range<Int>, fewest: Int, most: Int,
    interval: Seconds, cooldown: Seconds
  ) {
    self.autoscaler = autoscaler
    self.instances = instances
    self.fewest = fewest
    self.most = most
    self.interval = interval
    self.cooldown = cooldown
  }
}
