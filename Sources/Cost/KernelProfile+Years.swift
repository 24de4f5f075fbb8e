internal import Catalog

extension KernelProfile {
  /// The constants of the kernels that an engine of those years runs.
  ///
  /// 2023: matrix libraries reached less of the arithmetic, 1 / 1.2 of the later ones on Ampere and
  /// 1 / 1.3 on Hopper, then new, and as much of the memory bandwidth (Vidur's timings of the same
  /// products against the later ones: +19 to +23 % on A100, +18 to +41 % on H100 where arithmetic
  /// counts). Before Hopper had attention kernels of its own, those of Ampere reached 0.57 of the
  /// later ones' arithmetic there.
  func run(by kernels: EngineProfile.Kernels, on gpu: GPU) -> KernelProfile {
    var profile = self
    let isHopper = gpu.architecture == .hopper
    if kernels != .current, isHopper { profile.prefill.compute *= 0.57 }
    guard kernels == .of2023 else { return profile }
    profile.gemm.compute /= isHopper ? 1.3 : 1.2
    profile.gemm.floor *= 1.15
    return profile
  }
}
