public import Units

/// A generation of serving engines: what it spends on the host in every step.
///
/// Scheduling, input preparation and sampling that the GPU waits for. It belongs to the engine and
/// not to the GPU; the roofline and the calibrated cost add it once per step.
public struct EngineProfile: Sendable, Equatable {
  /// Name, such as `vllm-2026`.
  public var name: String
  /// Host time per step.
  public var hostTime: Seconds

  /// A profile of that name and host time.
  public init(name: String, hostTime: Seconds) {
    self.name = name
    self.hostTime = hostTime
  }

  /// The profile of that name, nil when there is none.
  public static func named(_ name: String) -> EngineProfile? { all.first { $0.name == name } }

  /// The profile of an experiment that names none.
  public static let standard = vllm2026

  /// Every profile, in the order of the years.
  public static let all: [EngineProfile] = [none, vllm2023, vllm06Eager, vllm2024, vllm2026]

  /// No host time: papers that count the GPU alone.
  public static let none = EngineProfile(name: "none", hostTime: Seconds(0))
  /// The engine of the PagedAttention paper.
  ///
  /// Source: the step times of 2023 stacks lie tens of milliseconds above their kernels' times
  /// (Splitwise's published model of vLLM); 10 ms is the low end.
  public static let vllm2023 = EngineProfile(name: "vllm-2023", hostTime: Seconds(10e-3))
  /// vLLM 0.6 without CUDA graphs: every kernel is launched from Python.
  public static let vllm06Eager = EngineProfile(name: "vllm-0.6-eager", hostTime: Seconds(20e-3))
  /// vLLM 0.6 with CUDA graphs and multi-step scheduling.
  public static let vllm2024 = EngineProfile(name: "vllm-2024", hostTime: Seconds(3e-3))
  /// The V1 engine with its own process for the API server.
  ///
  /// Source: published fits of stacks fall from tens of milliseconds in 2023 to about 1 ms.
  public static let vllm2026 = EngineProfile(name: "vllm-2026", hostTime: Seconds(1.3e-3))
}
