internal import Catalog

extension KernelProfile {
  /// The constants of the kernels that an engine of those years runs.
  ///
  /// 2023: matrix libraries took 15 % longer (Vidur's timings of the same products against the
  /// later ones, median of A100 and H100). Before Hopper had attention kernels of its own, those
  /// of Ampere reached 0.57 of the later ones' arithmetic there.
  func run(by kernels: EngineProfile.Kernels, on gpu: GPU) -> KernelProfile {
    var profile = self
    if kernels != .current, gpu.architecture == .hopper { profile.prefill.compute *= 0.57 }
    guard kernels == .of2023 else { return profile }
    let slower = 1.15
    profile.gemm.compute /= slower
    profile.gemm.memory /= slower
    profile.gemm.floor *= slower
    return profile
  }
}
