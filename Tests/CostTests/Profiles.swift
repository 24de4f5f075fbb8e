import Catalog
import Cost
import Testing
import Units

/// Profiles and GPUs whose figures are the tests' own.
extension KernelProfile {
  /// Nothing measured: every constant at its usual value, no reduction in the switch.
  static var blank: KernelProfile {
    var profile = KernelProfile(of: .round(), from: [])
    profile.nvlink.allReduce.inSwitch = 0
    return profile
  }

  /// Every constant anywhere in its range, by factors.
  static func random(_ random: inout some RandomNumberGenerator) -> KernelProfile {
    var profile = blank
    for parameter in parameters {
      let octave = Double.random(in: 0...1, using: &random)
      let (low, high) = (parameter.range.lowerBound, parameter.range.upperBound)
      // Between the geometric and the arithmetic scale: both ends are met often.
      let value = octave < 0.5 ? low + (high - low) * octave * 2 : low / (1 - 2 * (octave - 0.5))
      parameter.set(min(max(value, low), high), in: &profile)
    }
    return profile
  }

  /// The constants of `gpu`, and those that each pair of measured GPUs predicts for it.
  static func known(of gpu: GPU) -> [KernelProfile] {
    let all = MeasuredConstants.all
    return [KernelProfile(of: gpu)]
      + all.map { left in KernelProfile(of: gpu, from: all.filter { $0.gpu != left.gpu }) }
      + all.map { KernelProfile(of: gpu, from: [$0]) }
  }

  /// Whether every class that the operation needs is known.
  func knows(_ operation: Cost.Operation) -> Bool {
    switch operation {
    case .gemm(_, _, _, let precision):
      return precision == .fp8 ? gemm8.compute > 0 : gemm.compute > 0
    case .decodeAttention: return decode.memory > 0
    case .mixedAttention: return decode.memory > 0 && prefill.compute > 0
    case .prefillAttention: return prefill.compute > 0
    case .collective(_, _, _, let overNVLink), .engineAllReduce(_, _, let overNVLink):
      let link = overNVLink ? nvlink : hostBus
      return link.allReduce.latency > 0 && link.engine.latency > 0
    case .elementwise, .headNorm, .sampling: return elementwise.floor > 0
    case .experts(let experts):
      return experts.precision == .bf16
        ? self.experts.weights > 0 : experts8.weights > 0 && experts8Block.weights > 0
    case .copy: return memcpy.efficiency > 0 && copyKernel.efficiency > 0
    }
  }
}

extension GPU {
  /// 100 multiprocessors of 1 TFLOP/s (2 in 8 bits) at 1 GHz, 1 TB/s, 50 MB of L2, 100 GB/s to
  /// seven others, 50 GB/s to the host.
  static func round(_ architecture: Architecture = .hopper) -> GPU {
    var gpu = GPU(
      name: "round", memory: Bytes(80e9), bandwidth: BytesPerSecond(1e12),
      bf16: FLOPsPerSecond(100e12))
    gpu.fp8 = FLOPsPerSecond(200e12)
    gpu.multiprocessors = 100
    gpu.clock = Hertz(1e9)
    gpu.l2 = Bytes(50e6)
    gpu.architecture = architecture
    gpu.nvlink = BytesPerSecond(100e9)
    gpu.nvlinkGroup = 8
    gpu.hostLink = BytesPerSecond(50e9)
    return gpu
  }
}

/// Whether two times agree but for rounding.
func near(_ a: Double, _ b: Double, within share: Double = 1e-9) -> Bool {
  abs(a - b) <= share * max(abs(a), abs(b))
}
