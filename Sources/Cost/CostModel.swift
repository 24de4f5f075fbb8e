public import Catalog
public import Kernel

/// A model of step time that an experiment can name.
public protocol CostModel: StepCost {
  /// Its settings.
  associatedtype Options: PolicyOptions
  /// The name that experiments use.
  static var name: String { get }
  /// One sentence for `martlet list costs`.
  static var summary: String { get }
  /// The model of a deployment's steps; `kernels`: constants to use in place of the GPU's own.
  init(_ options: Options, _ deployment: Deployment, _ kernels: KernelProfile?)
  /// Whether the GPU's peaks bound its times, so that shares of them mean something.
  var heedsHardware: Bool { get }
  /// What a reader of the results should be warned of, nil when there is nothing.
  var caveat: String? { get }
  /// Tokens of a step above which arithmetic takes longer than memory traffic; infinite when the
  /// model does not tell them apart.
  var kneeTokens: Double { get }
}

extension CostModel {
  /// The model with the GPU's own constants.
  public init(_ options: Options, _ deployment: Deployment) {
    self.init(options, deployment, nil)
  }
  /// It does.
  public var heedsHardware: Bool { true }
  /// Nothing to warn of.
  public var caveat: String? { nil }
  /// Arithmetic never takes over.
  public var kneeTokens: Double { .infinity }
}

/// Every model of step time.
///
/// **The one line to add when you add a file here.**
public let costModels: [any CostModel.Type] = [
  Calibrated.self,
  Roofline.self,
  Linear.self,
]
