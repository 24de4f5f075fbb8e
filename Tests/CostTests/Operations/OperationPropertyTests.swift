import Catalog
import Cost
import Testing
import Units

#if DEBUG
private let rounds = 4
#else
private let rounds = 150
#endif

/// What holds for every operation on every GPU, whatever the constants.
@Suite struct OperationPropertyTests {
  @Test(arguments: GPU.all.map(\.name)) func `time never falls when a size grows`(name: String)
    throws
  {
    let gpu = try #require(GPU.named(name))
    var random = LinearCongruential(state: 21)
    let known = KernelProfile.known(of: gpu)
    for round in 0..<rounds {
      let profiles =
        [known[round % known.count], known[0]]
        + (0..<3).map { _ in
          KernelProfile.random(&random)
        }
      for operation in Cost.Operation.random(on: gpu, &random) {
        let larger = operation.grown(upTo: operation.crossesNVLink ? gpu.nvlinkGroup : 16)
        for profile in profiles where profile.knows(operation) {
          let time = operation.time(on: gpu, profile)
          #expect(time.value > 0 && time.value.isFinite)
          for other in larger {
            let grown = other.time(on: gpu, profile)
            // Sums of the same terms may round apart in the last place.
            #expect(
              grown.value >= time.value * (1 - 1e-14),
              "\(gpu.name): \(operation) \(time), \(other) \(grown), \(profile)")
          }
        }
      }
    }
  }

  @Test(arguments: GPU.all.map(\.name))
  func `no operation is faster than the data sheet allows`(name: String) throws {
    let gpu = try #require(GPU.named(name))
    var random = LinearCongruential(state: 22)
    let known = KernelProfile.known(of: gpu)
    for _ in 0..<rounds {
      for operation in Cost.Operation.random(on: gpu, &random) {
        let floor = operation.physicalFloor(on: gpu)
        for profile in known where profile.knows(operation) {
          let time = operation.time(on: gpu, profile).value
          #expect(
            time >= floor * (1 - 1e-12),
            "\(gpu.name): \(operation) takes \(time), floor \(floor); \(profile.source)")
        }
      }
    }
  }

  @Test(arguments: GPU.all.map(\.name))
  func `constants anywhere in their ranges keep kernels above the peaks`(name: String) throws {
    let gpu = try #require(GPU.named(name))
    var random = LinearCongruential(state: 23)
    for _ in 0..<rounds {
      for operation in Cost.Operation.random(on: gpu, &random) {
        switch operation {
        // Traffic below the share, or an input quantised in less than one pass, lies in the
        // ranges; real links and kernels do not reach it.
        case .collective, .gemm(_, _, _, .fp8), .sampling: continue
        case .engineAllReduce(_, _, overNVLink: false): continue
        default: break
        }
        let floor = operation.physicalFloor(on: gpu)
        for _ in 0..<5 {
          let time = operation.time(on: gpu, .random(&random)).value
          #expect(time >= floor * (1 - 1e-12), "\(gpu.name): \(operation) takes \(time)")
        }
      }
    }
  }
}

extension Cost.Operation {
  fileprivate var crossesNVLink: Bool {
    switch self {
    case .collective(_, _, _, let over), .engineAllReduce(_, _, let over): over
    default: false
    }
  }

  /// The floor of the data sheet, less what need not happen: activations that L2 holds do not go
  /// to HBM, and a switch that adds up passes every byte of an all-reduce once each way.
  fileprivate func physicalFloor(on gpu: GPU) -> Double {
    switch self {
    case .headNorm(let heads, let width):
      max(0, 4 * heads * Double(width) - gpu.l2.value) / gpu.bandwidth.value
    case .elementwise(let bytes): max(0, bytes - gpu.l2.value) / gpu.bandwidth.value
    case .collective(.allReduce, _, let bytes, overNVLink: true),
      .engineAllReduce(_, let bytes, overNVLink: true):
      bytes / gpu.nvlink.value
    default: floor(on: gpu).value
    }
  }
}
