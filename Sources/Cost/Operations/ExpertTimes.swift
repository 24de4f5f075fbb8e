internal import Catalog
internal import Units

/// The fused kernels of routed experts: seconds.
///
/// Time = floor + ‖weights, arithmetic‖₄ + activations, where the 4-norm is the larger of the two
/// with a smooth corner. Weights: those of every touched expert once. Arithmetic: all visits.
/// Activations: gathering and activation kernels that pass over every visit of a token, `anywhere`
/// for those to experts of other GPUs also, and `here` for the GPU's own. Form and constants from
/// vLLM's fused kernels on H100 (aiconfigurator).
public struct ExpertTimes: Sendable, Equatable {
  /// Time of the smallest layer, s.
  public var floor: Double
  /// Time of the weights, as a multiple of reading them at the HBM peak.
  public var weights: Double
  /// Time of the arithmetic, as a multiple of that at the peak.
  public var compute: Double
  /// Columns that the kernels compute beside an expert's inner width, elements.
  public var padding: Double
  /// Time per visit of any expert, as a multiple of one pass over its activations.
  public var anywhere: Double
  /// Time per visit of an expert of this GPU, likewise.
  public var here: Double
}

/// The experts of a layer on one GPU with all that does not depend on tokens worked out.
struct BoundExperts: Sendable {
  let floor: Double
  /// Reading one expert.
  let weights: Double
  /// Arithmetic of one visit.
  let compute: Double
  /// Activations of one visit to any expert, and to one of this GPU.
  let anywhere: Double
  let here: Double

  /// `matrices`: 3 with a gate, else 2.
  init(
    _ times: ExpertTimes, hidden: Int, ffn: Int, matrices: Int = 3, precision: Precision, gpu: GPU
  ) {
    let elements = Double(matrices * hidden) * (Double(ffn) + times.padding)
    let row = Double(2 * hidden + matrices * ffn) * Precision.bf16.bytes / gpu.bandwidth.value
    floor = times.floor
    weights = times.weights * elements * precision.bytes / gpu.bandwidth.value
    compute = times.compute * 2 * elements / gpu.peak(precision).value
    anywhere = times.anywhere * row
    here = times.here * row
  }

  /// `visits` in all, `local` of them to `touched` experts of this GPU.
  func time(visits: Double, local: Double, touched: Double) -> Double {
    floor + norm4(weights * touched, compute * local) + anywhere * visits + here * local
  }

  /// What limits them.
  func bound(local: Double, touched: Double) -> Bound {
    let (memory, arithmetic) = (weights * touched, compute * local)
    if floor > max(memory, arithmetic) { return .host }
    return arithmetic >= memory ? .compute : .hbm
  }
}

/// ⁴√(a⁴ + b⁴): the larger of two times, up to 19 % more where they are equal.
///
/// Square roots alone, which every machine rounds the same way.
func norm4(_ a: Double, _ b: Double) -> Double {
  let (x, y) = (a * a, b * b)
  return (x * x + y * y).squareRoot().squareRoot()
}

/// √(a² + b²): the larger of two times, up to 41 % more where they are equal.
func norm2(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }
