public import Catalog

extension Model {
  /// The model of the catalogue that a file of measurements calls `name`, such as
  /// `meta-llama/Llama-3.1-8B-Instruct`: the longest of the catalogue's names that it begins with.
  public static func measured(_ name: String) -> Model? {
    var plain = name.lowercased()
    if let slash = plain.lastIndex(of: "/") { plain = String(plain[plain.index(after: slash)...]) }
    for prefix in ["meta-", "nvidia-"] where plain.hasPrefix(prefix) {
      plain.removeFirst(prefix.count)
    }
    for family in ["llama", "qwen", "bloom"] {
      // `llama2-70b` is `llama-2-70b` and `bloom` alone is its one size.
      let rest = plain.dropFirst(family.count)
      guard plain.hasPrefix(family) else { continue }
      if family == "bloom", rest.isEmpty { plain = "bloom-176b" }
      if family == "llama", rest.first?.isNumber == true { plain = "llama-" + rest }
      if family == "qwen", rest.first == "-" { plain = "qwen" + rest.dropFirst() }
    }
    return all.filter { plain == $0.name || plain.hasPrefix($0.name + "-") }
      .max { $0.name.count < $1.name.count }
  }
}

extension GPU {
  /// The GPU that files of measurements or the catalogue call `name`, nil when there is none.
  public static func measured(_ name: String) -> GPU? { named(measuredName(name)) }

  /// The catalogue's name of a GPU that a file calls `h100_sxm`, `H100-80GB-SXM` or
  /// `NVIDIA H100 80GB HBM3`.
  public static func measuredName(_ name: String) -> String {
    var plain = name.lowercased().split { "_ ".contains($0) }.joined(separator: "-")
    if plain.hasPrefix("nvidia-") { plain.removeFirst("nvidia-".count) }
    let aliases = [
      ("a100", "a100-80gb-sxm"), ("a100-80gb", "a100-80gb-sxm"), ("a100-sxm", "a100-80gb-sxm"),
      ("a100-sxm4-80gb", "a100-80gb-sxm"), ("a100-40gb", "a100-40gb-sxm"),
      ("a100-sxm4-40gb", "a100-40gb-sxm"), ("h100", "h100-80gb-sxm"), ("h100-sxm", "h100-80gb-sxm"),
      ("h100-80gb", "h100-80gb-sxm"), ("h100-80gb-hbm3", "h100-80gb-sxm"), ("h200", "h200-sxm"),
      ("b200", "b200-sxm"), ("rtxpro6000", "rtx-pro-6000-server"), ("rtx4090", "rtx-4090"),
    ]
    return aliases.first { $0.0 == plain }?.1 ?? plain
  }
}

extension EngineProfile {
  /// Names of engines in files of measurements that have profiles.
  public static let measuredEngines = ["vllm", "trtllm", "tensorrt-llm", "trt-llm", "sglang"]

  /// The generation of an engine that a file of measurements names with its `version`, such as
  /// `vllm` 0.12.0; nil for an engine without profiles.
  ///
  /// A version may also be the year of the measurement; without one the latest generation is meant.
  /// vLLM rewrote its engine in 0.8 and schedules asynchronously since 0.14; TensorRT-LLM overlaps
  /// host and GPU since 1.0. Runs of 2023 on A100 are Splitwise's, whose hosts were slower.
  public static func measured(
    engine: String, version: String, gpu: GPU? = nil
  ) -> EngineProfile? {
    let parts = version.split(separator: ".").map { part in
      Int(part.prefix { ("0"..."9").contains($0) }) ?? 0
    }
    let (major, minor) = (parts.first ?? 9999, parts.count > 1 ? parts[1] : 0)
    let isYear = major >= 2000 && !parts.isEmpty
    switch engine.lowercased() {
    case "vllm":
      let is2023Rome = isYear && major < 2024 && gpu?.architecture == .ampere
      if is2023Rome { return .vllm2023Rome }
      if isYear { return major < 2024 ? .vllm2023 : major < 2025 ? .vllm2024 : .vllm2025 }
      if major > 0 || minor >= 14 { return .vllm2026 }
      return minor >= 8 ? .vllm2025 : minor >= 4 ? .vllm2024 : .vllm2023
    case "trtllm", "tensorrt-llm", "trt-llm":
      let isLate = isYear ? major >= 2025 : major >= 1
      return isLate ? .trtllm2026 : .trtllm2024
    case "sglang": return .sglang2026
    default: return nil
    }
  }
}
