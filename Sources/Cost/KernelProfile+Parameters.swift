extension KernelProfile {
  /// Every constant, class by class.
  public static let parameters: [KernelParameter] =
    matrices + attention + activations + routed + overNVLink + overHostBus + copies

  private static let matrices: [KernelParameter] = [
    KernelParameter(
      "gemm_bf16.floor", \.gemm.floor, .microseconds, 0.3...20, 3, "time of the smallest product",
      transfer: .cycles),
    KernelParameter(
      "gemm_bf16.compute", \.gemm.compute, .fraction, 0.2...1, 0.9,
      "fraction of the arithmetic peak in a full wave of tiles"),
    KernelParameter(
      "gemm_bf16.memory", \.gemm.memory, .fraction, 0.2...1, 0.85, "fraction of the HBM bandwidth",
      transfer: .bytesInFlight),
    KernelParameter(
      "gemm_bf16.delivery", \.gemm.delivery, .factor, 0.01...4, 0.8,
      "taking in a small tile, as a multiple of its arithmetic"),
    KernelParameter(
      "gemm_fp8.floor", \.gemm8.floor, .microseconds, 0.3...20, 5, "time of the smallest product",
      transfer: .cycles),
    KernelParameter(
      "gemm_fp8.compute", \.gemm8.compute, .fraction, 0.2...1, 0.85,
      "fraction of the arithmetic peak in a full wave of tiles"),
    KernelParameter(
      "gemm_fp8.memory", \.gemm8.memory, .fraction, 0.2...1, 0.85, "fraction of the HBM bandwidth",
      transfer: .bytesInFlight),
    KernelParameter(
      "gemm_fp8.delivery", \.gemm8.delivery, .factor, 0.01...4, 1.5,
      "taking in a small tile, as a multiple of its arithmetic"),
    KernelParameter(
      "gemm_fp8.quantization", \.gemm8.quantization, .factor, 0.1...40, 5,
      "passes over the input to quantise it"),
  ]

  private static let attention: [KernelParameter] = [
    KernelParameter(
      "attention_decode.kernel", \.decode.kernel, .microseconds, 0.5...15, 5,
      "time of each of its kernels"),
    KernelParameter(
      "attention_decode.combine", \.decode.combine, .microseconds, 0.2...12, 1,
      "merging a context read by several blocks"),
    KernelParameter(
      "attention_decode.memory", \.decode.memory, .fraction, 0.4...1, 0.9,
      "fraction of the HBM bandwidth", transfer: .bytesInFlight),
    KernelParameter(
      "attention_decode.sequence", \.decode.sequence, .microseconds, 0.5...15, 3.5,
      "one sequence and key head on one multiprocessor"),
    KernelParameter(
      "attention_decode.ramp", \.decode.ramp, .microseconds, 0.5...30, 10,
      "time lost until the memory runs at full speed"),
    KernelParameter(
      "attention_prefill.floor", \.prefill.floor, .microseconds, 1...30, 10,
      "time of the smallest prompt"),
    KernelParameter(
      "attention_prefill.compute", \.prefill.compute, .fraction, 0.2...1, 0.65,
      "fraction of the arithmetic peak in long prompts"),
    KernelParameter(
      "attention_prefill.block", \.prefill.block, .megaFLOP, 0.5...30, 6,
      "cost of a block of 128 rows beside its pairs, a head"),
    KernelParameter(
      "attention_prefill.store", \.prefill.store, .gigabytesPerSecond, 3...60, 16,
      "rate at which one multiprocessor writes"),
    KernelParameter(
      "attention_prefill.row", \.prefill.row, .kiloFLOP, 5...300, 50,
      "cost of the last row block per key, on one multiprocessor"),
  ]

  private static let activations: [KernelParameter] = [
    KernelParameter(
      "elementwise.floor", \.elementwise.floor, .microseconds, 0.5...10, 2.1,
      "time of the smallest kernel"),
    KernelParameter(
      "elementwise.cache_speed", \.elementwise.cacheSpeed, .factor, 1...10, 4,
      "L2 bandwidth over HBM bandwidth"),
    KernelParameter(
      "elementwise.resident", \.elementwise.resident, .fraction, 0.05...1, 0.47,
      "share of L2 that activations stay in"),
    KernelParameter(
      "elementwise.sampling_floor", \.elementwise.samplingFloor, .microseconds, 1...100, 15,
      "time of sampling but for its logits"),
    KernelParameter(
      "elementwise.sampling_bytes", \.elementwise.samplingBytes, .bytes, 1...20, 4,
      "traffic of sampling per logit"),
  ]

  private static let routed: [KernelParameter] = [
    KernelParameter(
      "experts_bf16.floor", \.experts.floor, .microseconds, 2...200, 35,
      "time of the smallest layer"),
    KernelParameter(
      "experts_bf16.weights", \.experts.weights, .factor, 1...10, 1.2,
      "reading the touched experts, over the HBM peak"),
    KernelParameter(
      "experts_bf16.compute", \.experts.compute, .factor, 1...12, 1.5,
      "arithmetic of all visits, over the peak"),
    KernelParameter(
      "experts_bf16.anywhere", \.experts.anywhere, .factor, 0.01...10, 1.8,
      "passes over activations of every visit"),
    KernelParameter(
      "experts_bf16.here", \.experts.here, .factor, 0.01...10, 0.5,
      "passes over activations of visits to this GPU"),
    KernelParameter(
      "experts_fp8.floor", \.experts8.floor, .microseconds, 2...200, 30,
      "time of the smallest layer"),
    KernelParameter(
      "experts_fp8.weights", \.experts8.weights, .factor, 1...10, 4,
      "reading the touched experts, over the HBM peak"),
    KernelParameter(
      "experts_fp8.compute", \.experts8.compute, .factor, 1...12, 5,
      "arithmetic of all visits, over the peak"),
    KernelParameter(
      "experts_fp8.padding", \.experts8.padding, .elements, 1...400, 130,
      "columns computed beside the inner width"),
    KernelParameter(
      "experts_fp8.anywhere", \.experts8.anywhere, .factor, 0.01...10, 0.2,
      "passes over activations of every visit"),
    KernelParameter(
      "experts_fp8.here", \.experts8.here, .factor, 0.01...10, 2,
      "passes over activations of visits to this GPU"),
    KernelParameter(
      "experts_fp8_block.floor", \.experts8Block.floor, .microseconds, 2...200, 26,
      "time of the smallest layer"),
    KernelParameter(
      "experts_fp8_block.weights", \.experts8Block.weights, .factor, 1...10, 1.25,
      "reading the touched experts, over the HBM peak"),
    KernelParameter(
      "experts_fp8_block.compute", \.experts8Block.compute, .factor, 1...12, 2.5,
      "arithmetic of all visits, over the peak"),
    KernelParameter(
      "experts_fp8_block.anywhere", \.experts8Block.anywhere, .factor, 0.01...10, 0.3,
      "passes over activations of every visit"),
    KernelParameter(
      "experts_fp8_block.here", \.experts8Block.here, .factor, 0.01...10, 3,
      "passes over activations of visits to this GPU"),
  ]

  private static let overNVLink: [KernelParameter] = [
    KernelParameter(
      "nvlink_all_reduce.latency", \.nvlink.allReduce.latency, .microseconds, 0.5...80, 6,
      "time of the smallest"),
    KernelParameter(
      "nvlink_all_reduce.per_hop", \.nvlink.allReduce.perHop, .microseconds, 0.01...10, 0.85,
      "time of each hop"),
    KernelParameter(
      "nvlink_all_reduce.slope", \.nvlink.allReduce.slope, .factor, 0.01...10, 1.3,
      "traffic per share"),
    KernelParameter(
      "nvlink_all_reduce.ramp", \.nvlink.allReduce.ramp, .microseconds, 0.5...300, 20,
      "time constant of the ramp"),
    KernelParameter(
      "nvlink_all_reduce.in_switch", \.nvlink.allReduce.inSwitch, .factor, 1...10, 1.7,
      "with reduction in the switch, over the link"),
    KernelParameter(
      "nvlink_gather.latency", \.nvlink.gather.latency, .microseconds, 0.5...80, 6,
      "time of the smallest"),
    KernelParameter(
      "nvlink_gather.per_hop", \.nvlink.gather.perHop, .microseconds, 0.01...10, 0.85,
      "time of each hop"),
    KernelParameter(
      "nvlink_gather.offset", \.nvlink.gather.offset, .factor, 0.01...10, 0.5,
      "traffic beside the share"),
    KernelParameter(
      "nvlink_gather.slope", \.nvlink.gather.slope, .factor, 0.01...10, 0.6, "traffic per share"),
    KernelParameter(
      "nvlink_gather.ramp", \.nvlink.gather.ramp, .microseconds, 0.5...300, 20,
      "time constant of the ramp"),
    KernelParameter(
      "nvlink_all_to_all.latency", \.nvlink.allToAll.latency, .microseconds, 0.5...80, 8,
      "time of the smallest"),
    KernelParameter(
      "nvlink_all_to_all.per_hop", \.nvlink.allToAll.perHop, .microseconds, 0.01...10, 0.15,
      "time of each hop"),
    KernelParameter(
      "nvlink_all_to_all.offset", \.nvlink.allToAll.offset, .factor, 0.01...10, 0.2,
      "traffic beside the share"),
    KernelParameter(
      "nvlink_all_to_all.slope", \.nvlink.allToAll.slope, .factor, 0.01...10, 1,
      "traffic per share"),
    KernelParameter(
      "nvlink_all_to_all.ramp", \.nvlink.allToAll.ramp, .microseconds, 0.5...300, 20,
      "time constant of the ramp"),
    KernelParameter(
      "nvlink_engine.latency", \.nvlink.engine.latency, .microseconds, 0.5...60, 4.5,
      "time of the smallest"),
    KernelParameter(
      "nvlink_engine.per_peer", \.nvlink.engine.perPeer, .microseconds, 0.005...5, 0.1,
      "time of each further GPU"),
    KernelParameter(
      "nvlink_engine.one_shot", \.nvlink.engine.oneShot, .factor, 1...10, 1.7,
      "every GPU reads all others, over the link"),
    KernelParameter(
      "nvlink_engine.two_shot_latency", \.nvlink.engine.twoShotLatency, .microseconds, 0.05...30, 3,
      "scatter and gather: waiting for each other"),
    KernelParameter(
      "nvlink_engine.two_shot_per_peer", \.nvlink.engine.twoShotPerPeer, .microseconds, 0.005...5,
      0.4, "the same for each further GPU"),
    KernelParameter(
      "nvlink_engine.two_shot", \.nvlink.engine.twoShot, .factor, 1...10, 2,
      "scatter and gather, over the link"),
  ]

  private static let overHostBus: [KernelParameter] = [
    KernelParameter(
      "bus_all_reduce.latency", \.hostBus.allReduce.latency, .microseconds, 0.5...80, 2.5,
      "time of the smallest"),
    KernelParameter(
      "bus_all_reduce.per_hop", \.hostBus.allReduce.perHop, .microseconds, 0.01...10, 1.6,
      "time of each hop"),
    KernelParameter(
      "bus_all_reduce.offset", \.hostBus.allReduce.offset, .factor, 0.01...10, 1.6,
      "traffic beside the share"),
    KernelParameter(
      "bus_all_reduce.slope", \.hostBus.allReduce.slope, .factor, 0.01...10, 0.6,
      "more traffic of each doubling"),
    KernelParameter(
      "bus_all_reduce.ramp", \.hostBus.allReduce.ramp, .microseconds, 0.5...300, 8,
      "time constant of the ramp"),
    KernelParameter(
      "bus_gather.latency", \.hostBus.gather.latency, .microseconds, 0.5...80, 3.5,
      "time of the smallest"),
    KernelParameter(
      "bus_gather.per_hop", \.hostBus.gather.perHop, .microseconds, 0.01...10, 1.6,
      "time of each hop"),
    KernelParameter(
      "bus_gather.offset", \.hostBus.gather.offset, .factor, 0.01...10, 1.9,
      "traffic beside the share"),
    KernelParameter(
      "bus_gather.slope", \.hostBus.gather.slope, .factor, 0.01...10, 0.4,
      "more traffic of each doubling"),
    KernelParameter(
      "bus_gather.ramp", \.hostBus.gather.ramp, .microseconds, 0.5...300, 11,
      "time constant of the ramp"),
    KernelParameter(
      "bus_all_to_all.latency", \.hostBus.allToAll.latency, .microseconds, 0.5...80, 5,
      "time of the smallest"),
    KernelParameter(
      "bus_all_to_all.per_hop", \.hostBus.allToAll.perHop, .microseconds, 0.01...10, 0.8,
      "time of each hop"),
    KernelParameter(
      "bus_all_to_all.offset", \.hostBus.allToAll.offset, .factor, 0.01...10, 2.1,
      "traffic beside the share"),
    KernelParameter(
      "bus_all_to_all.slope", \.hostBus.allToAll.slope, .factor, 0.01...10, 0.7,
      "more traffic of each doubling"),
    KernelParameter(
      "bus_all_to_all.ramp", \.hostBus.allToAll.ramp, .microseconds, 0.5...300, 9,
      "time constant of the ramp"),
    KernelParameter(
      "bus_engine.latency", \.hostBus.engine.latency, .microseconds, 0.5...60, 4,
      "time of the smallest"),
    KernelParameter(
      "bus_engine.one_shot", \.hostBus.engine.oneShot, .factor, 1...10, 1.6,
      "every GPU reads all others, over the link"),
  ]

  private static let copies: [KernelParameter] = [
    KernelParameter(
      "copy_memcpy.per_block", \.memcpy.perBlock, .microseconds, 0.02...50, 3.5,
      "time of a block but for its bytes"),
    KernelParameter(
      "copy_memcpy.efficiency", \.memcpy.efficiency, .fraction, 0.2...1, 0.8, "fraction of the link"
    ),
    KernelParameter(
      "copy_kernel.per_block", \.copyKernel.perBlock, .microseconds, 0.02...50, 0.2,
      "time of a block but for its bytes"),
    KernelParameter(
      "copy_kernel.efficiency", \.copyKernel.efficiency, .fraction, 0.2...1, 0.75,
      "fraction of the link"),
  ]
}
