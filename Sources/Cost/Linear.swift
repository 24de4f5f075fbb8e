public import Catalog
public import Kernel
public import Units

/// Linear: seconds per prompt token and per step that decodes, for theory and for papers that give
/// only these.
public struct Linear: CostModel {
  /// The two prices.
  public struct Options: PolicyOptions {
    /// Time of each prompt token.
    public var prefillToken = Seconds(0)
    /// Time that a step with at least one decode pays once.
    public var decodeStep = Seconds(0)
    /// Both zero.
    public init() {}
    /// Prices must not be negative, and one must be positive or no step takes time.
    public var fault: String? {
      if prefillToken.value < 0 { return "prefill_token is \(prefillToken); at least 0 s" }
      if decodeStep.value < 0 { return "decode_step is \(decodeStep); at least 0 s" }
      if prefillToken.value + decodeStep.value == 0 {
        return "prefill_token and decode_step are both 0 s; give at least one"
      }
      return nil
    }
  }

  /// Its prices know no GPU.
  public var heedsHardware: Bool { false }

  /// `linear`.
  public static let name = "linear"
  /// What it is.
  public static let summary =
    "a price per prompt token and a price per step that decodes"
  private let options: Options

  /// The same for every deployment.
  public init(_ options: Options, _ deployment: Deployment, _ kernels: KernelProfile?) {
    self.init(options)
  }

  /// A model of these prices.
  public init(_ options: Options) { self.options = options }

  /// Prompt tokens at their price, plus that of a decode when there is one.
  public func time(of shape: StepShape) -> Seconds {
    let decode = shape.decodes > 0 ? options.decodeStep.value : 0
    return Seconds(Double(shape.prefillTokens) * options.prefillToken.value + decode)
  }

  /// Prefill counts as compute, decode as memory.
  public func parts(of shape: StepShape) -> StepParts {
    let prefill = Double(shape.prefillTokens) * options.prefillToken.value
    let decode = shape.decodes > 0 ? options.decodeStep.value : 0
    return StepParts(
      [
        StepParts.Part("prefill", Seconds(prefill), .compute),
        StepParts.Part("decode", Seconds(decode), .hbm),
      ], total: time(of: shape))
  }
}
