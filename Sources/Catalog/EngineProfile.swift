public import Units

/// A generation of serving engines: what the host spends in every step, and which kernels it runs.
///
/// It belongs to the engine and not to the GPU; the roofline and the calibrated cost add it to
/// what the GPU takes:
///
/// host = hostTime + sequences · hostTimePerSequence
/// step = overlapped: max(GPU, host + launches) + gap; else: host + max(GPU, launches)
public struct EngineProfile: Sendable, Equatable {
  /// Which steps launch kernel by kernel, not as one CUDA graph.
  public enum Launches: String, Sendable, CaseIterable {
    /// None.
    case never
    /// Those that hold a chunk of a prompt.
    case promptSteps = "prompt-steps"
    /// All: the engine runs eagerly.
    case everyStep = "every-step"
  }

  /// Kernels of an engine's years.
  public enum Kernels: String, Sendable, CaseIterable {
    /// Unfused, without an all-reduce of their own, older matrix libraries.
    case of2023 = "2023"
    /// Decode attention reads shared keys once for each query head; FlashAttention 2 everywhere.
    case of2024 = "2024"
    /// As the kernel timings were taken.
    case current
  }

  /// Name, such as `vllm-2026`.
  public var name: String
  /// Host time per step: scheduling, input preparation, sampling.
  public var hostTime: Seconds
  /// Host time per sequence of a step.
  public var hostTimePerSequence = Seconds(0)
  /// Time to launch the kernels of one layer, one by one.
  public var launchTimePerLayer = Seconds(0)
  /// Which steps launch so.
  public var launches = Launches.never
  /// Whether the host prepares the next step while the GPU runs.
  public var isOverlapped = false
  /// Time between steps that nothing overlaps.
  public var gap = Seconds(0)
  /// The kernels.
  public var kernels = Kernels.current

  /// A profile of that name and host time.
  public init(name: String, hostTime: Seconds) {
    self.name = name
    self.hostTime = hostTime
  }

  /// Milliseconds per step, microseconds per sequence and layer.
  private init(
    _ name: String, host: Double, perSequence: Double, perLayer: Double = 0,
    launches: Launches = .never, overlapped gap: Double? = nil, kernels: Kernels = .current
  ) {
    self.init(name: name, hostTime: Seconds(host * 1e-3))
    hostTimePerSequence = Seconds(perSequence * 1e-6)
    launchTimePerLayer = Seconds(perLayer * 1e-6)
    self.launches = launches
    isOverlapped = gap != nil
    self.gap = Seconds((gap ?? 0) * 1e-3)
    self.kernels = kernels
  }

  /// The profile of that name, nil when there is none.
  public static func named(_ name: String) -> EngineProfile? { all.first { $0.name == name } }

  /// The profile of an experiment that names none.
  public static let standard = vllm2026

  /// Every profile, in the order of the years.
  ///
  /// **The one line to add when you add a generation.**
  public static let all: [EngineProfile] = [
    none, vllm2023, vllm06Eager, vllm2024, trtllm2024, vllm2025, vllm2026, trtllm2026, sglang2026,
  ]

  /// No host time: papers that count the GPU alone.
  public static let none = EngineProfile(name: "none", hostTime: Seconds(0))
  /// The engines of 2023: eager, unfused.
  ///
  /// Source: fitted to Splitwise's batch timings (Llama-2-70B, TP2 and TP8 together, H100 and A100
  /// hosts), rounded.
  public static let vllm2023 = EngineProfile(
    "vllm-2023", host: 7.5, perSequence: 200, perLayer: 280, launches: .everyStep, kernels: .of2023)
  /// vLLM 0.6 without CUDA graphs: every kernel is launched from Python.
  ///
  /// Source: step times of tens of milliseconds for small models in published runs.
  public static let vllm06Eager = EngineProfile(
    "vllm-0.6-eager", host: 7, perSequence: 100, perLayer: 300, launches: .everyStep,
    kernels: .of2024)
  /// vLLM of early 2024, before its engine was rewritten.
  ///
  /// Source: fitted to every third row of Argonne's static batches (7B and 8B).
  public static let vllm2024 = EngineProfile(
    "vllm-2024", host: 1.14, perSequence: 76, perLayer: 146, launches: .everyStep, kernels: .of2024)
  /// TensorRT-LLM of 2024.
  ///
  /// Source: fitted to every third row of Argonne's static batches (7B and 8B).
  public static let trtllm2024 = EngineProfile(
    "trtllm-2024", host: 1.1, perSequence: 18, kernels: .of2024)
  /// vLLM's V1 engine while the host still waited for the GPU (before 0.14).
  ///
  /// Source: fitted to closed-loop runs of Qwen3-32B on H100 (aiconfigurator).
  public static let vllm2025 = EngineProfile("vllm-2025", host: 0.88, perSequence: 43)
  /// vLLM with asynchronous scheduling.
  ///
  /// Source: closed-loop runs of Llama-3.3-70B on H100 and an open-loop run on RTX PRO 6000 need no
  /// host time at all; what it takes is hidden behind the GPU. The amount is an assumption.
  public static let vllm2026 = EngineProfile(
    "vllm-2026", host: 1, perSequence: 10, overlapped: 0.1)
  /// TensorRT-LLM 1.0 with overlapped scheduling; steps with prompts are launched layer by layer.
  ///
  /// Source: fitted to closed-loop runs of Llama-3.1-8B on H100 (aiconfigurator).
  public static let trtllm2026 = EngineProfile(
    "trtllm-2026", host: 2.07, perSequence: 32, perLayer: 503, launches: .promptSteps,
    overlapped: 0.2)
  /// SGLang with overlapped scheduling.
  ///
  /// Source: none; an assumption between vLLM's and TensorRT-LLM's.
  public static let sglang2026 = EngineProfile(
    "sglang-2026", host: 1.5, perSequence: 20, overlapped: 0.2)
}
