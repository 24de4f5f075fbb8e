public import Catalog
internal import Cost
internal import Units

/// Collectives of NCCL and of the engines' own kernels.
public enum MeasuredCollectives: MeasuredClass {
  /// `collectives`.
  public static let name = "collectives"
  /// What an engine runs inside its CUDA graphs.
  public static let filter = "all-reduce by vLLM_custom_graph, newest version"
  /// Columns.
  public static let columns = [
    "library", "version", "impl", "op", "n_gpus", "dtype", "bytes", "time_us",
  ]
  private static let graph = "vLLM_custom_graph"

  /// Every operation that has a model.
  public static func measurements(
    in table: MeasuredTable, on gpu: GPU
  ) throws(CalibrationError) -> [Measurement] {
    let (newest, newestRing) = (newestVersion(of: graph, table), newestVersion(of: "nccl", table))
    var list: [Measurement] = []
    for row in table.rows {
      guard let kind = Collective(rawValue: row.text("op")) else { continue }
      let gpus = try row.whole("n_gpus", from: 2)
      let impl = row.text("impl")
      let bytes = try row.positive("bytes")
      let isNVLink = gpu.nvlink.value > 0 && gpus <= gpu.nvlinkGroup
      // Engines bring their own all-reduce; everything else is NCCL's.
      let operation: Operation =
        kind == .allReduce && impl != "nccl"
        ? .engineAllReduce(gpus: gpus, bytes: bytes, overNVLink: isNVLink)
        : .collective(kind, gpus: gpus, bytes: bytes, overNVLink: isNVLink)
      let isEngine = impl == graph && row.text("version") == newest
      let isRing =
        impl == "nccl" && row.text("version") == newestRing && row.text("dtype") == "half"
      let link = isNVLink ? "nvlink" : "bus"
      let fits = isEngine ? "\(link)_engine" : isRing ? "\(link)_\(Self.constants(of: kind))" : ""
      list.append(
        Measurement(
          operation, try row.microseconds("time_us"),
          group: "\(impl) \(row.text("version")) \(kind.rawValue)",
          isFit: isEngine, fits: fits))
    }
    return list
  }

  private static func newestVersion(of impl: String, _ table: MeasuredTable) -> String? {
    table.rows.filter { $0.text("impl") == impl && $0.text("op") == Collective.allReduce.rawValue }
      .map { $0.text("version") }.max { isOlder($0, $1) }
  }

  /// The class of constants of an operation of NCCL.
  private static func constants(of kind: Collective) -> String {
    switch kind {
    case .allReduce: "all_reduce"
    case .allGather, .reduceScatter: "gather"
    case .allToAll: "all_to_all"
    }
  }

  /// Whether version `a` comes before `b`: numbers by size, `0.9.0` before `0.19.0`.
  static func isOlder(_ a: String, _ b: String) -> Bool {
    func numbers(_ version: String) -> [Int] {
      version.split { !$0.isNumber }.map { Int($0) ?? 0 }
    }
    return numbers(a).lexicographicallyPrecedes(numbers(b))
  }
}
