public import Units

/// A generation of serving engines: what the host spends in every step, and which kernels it runs.
///
/// It belongs to the engine and not to the GPU; the roofline and the calibrated cost add it to
/// what the GPU takes:
///
/// host = hostTime + sequences · hostTimePerSequence
/// step = overlapped: max(GPU, host + launches) + gap; else: host + max(GPU, launches)
/// with prompts in the step: + promptTime
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
  /// Kernels of a layer in a step with prompts over those in a step without.
  public var promptLaunches = 1.0
  /// Whether the host prepares the next step while the GPU runs.
  public var isOverlapped = false
  /// What a step with prompts takes longer: it is prepared anew and runs outside the CUDA graphs.
  public var promptTime = Seconds(0)
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
    prompt: Double = 0, overlapped gap: Double? = nil, kernels: Kernels = .current
  ) {
    self.init(name: name, hostTime: Seconds(host * 1e-3))
    hostTimePerSequence = Seconds(perSequence * 1e-6)
    launchTimePerLayer = Seconds(perLayer * 1e-6)
    launches = perLayer > 0 ? .everyStep : .never
    promptTime = Seconds(prompt * 1e-3)
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
    none, vllm2023, vllm2023Rome, vllm06Eager, vllm2024, trtllm2024, vllm2025, vllm2026, trtllm2026,
    sglang2026,
  ]

  /// No host time: papers that count the GPU alone.
  public static let none = EngineProfile(name: "none", hostTime: Seconds(0))
  /// The engines of 2023: eager, unfused.
  ///
  /// Source: fitted to Splitwise's batch timings on H100 (Llama-2-70B, TP2 and TP8; `martlet
  /// calibrate e2e_splitwise_llama2-70b_tp2_tp8.csv --gpu h100-80gb`), rounded.
  public static let vllm2023: EngineProfile = {
    var profile = EngineProfile(
      "vllm-2023", host: 9.3, perSequence: 290, perLayer: 267,
      kernels: .of2023)
    profile.promptLaunches = 2
    return profile
  }()
  /// The same as measured on Azure's A100 machines: launches take 1.9 times as long as on its H100
  /// machines.
  ///
  /// That the hosts are why (AMD Rome there, Intel Sapphire Rapids here) is an inference: no
  /// measurement tells host and GPU apart. Source: fitted to Splitwise's batch timings on A100 (as
  /// `vllm2023` with --gpu a100-80gb), rounded; time per sequence as there, which these leave open
  /// (300 ± 160 µs).
  public static let vllm2023Rome: EngineProfile = {
    var profile = vllm2023
    profile.name = "vllm-2023-rome"
    profile.hostTime = Seconds(5.6e-3)
    profile.launchTimePerLayer = Seconds(495e-6)
    return profile
  }()
  /// vLLM 0.6 without CUDA graphs: every kernel is launched from Python.
  ///
  /// Source: step times of tens of milliseconds for small models in published runs.
  public static let vllm06Eager = EngineProfile(
    "vllm-0.6-eager", host: 7, perSequence: 100, perLayer: 300,
    kernels: .of2024)
  /// vLLM of early 2024, before its engine was rewritten.
  ///
  /// Source: fitted to Argonne's static batches (7B and 8B; `martlet calibrate e2e_argonne.csv
  /// --engine vLLM`).
  public static let vllm2024 = EngineProfile(
    "vllm-2024", host: 1.53, perSequence: 80, perLayer: 139, kernels: .of2024)
  /// TensorRT-LLM of 2024.
  ///
  /// Source: fitted to Argonne's static batches (7B and 8B; `martlet calibrate e2e_argonne.csv
  /// --engine TensorRT-LLM`), which show no time of prompts.
  public static let trtllm2024 = EngineProfile(
    "trtllm-2024", host: 1.29, perSequence: 16, kernels: .of2024)
  /// vLLM's V1 engine while the host still waited for the GPU (before 0.14).
  ///
  /// Source: fitted to closed-loop runs of Qwen3-32B on H100 (aiconfigurator; `martlet calibrate
  /// e2e_silicon_dense_h100.csv --engine vllm --model qwen3-32b`).
  public static let vllm2025 = EngineProfile(
    "vllm-2025", host: 0.89, perSequence: 42, prompt: 2.6)
  /// vLLM with asynchronous scheduling.
  ///
  /// Source: the gap is fitted to closed-loop runs of Llama-3.1-70B on H100 (aiconfigurator), which
  /// leave host times open, hidden behind the GPU: those are assumptions. Steps with prompts: as
  /// closed loops give for vLLM 0.12.
  public static let vllm2026 = EngineProfile(
    "vllm-2026", host: 1, perSequence: 10, prompt: 2.6, overlapped: 0.2)
  /// TensorRT-LLM 1.0 with overlapped scheduling.
  ///
  /// Source: fitted to closed-loop runs of Llama-3.1-8B on H100 (aiconfigurator).
  public static let trtllm2026 = EngineProfile(
    "trtllm-2026", host: 2.08, perSequence: 40, prompt: 7, overlapped: 0.2)
  /// SGLang with overlapped scheduling.
  ///
  /// Source: none; an assumption between vLLM's and TensorRT-LLM's.
  public static let sglang2026 = EngineProfile(
    "sglang-2026", host: 1.5, perSequence: 20, prompt: 2.7, overlapped: 0.2)
}
