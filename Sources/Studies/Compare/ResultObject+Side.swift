internal import Files
internal import Metrics

extension ResultObject {
  /// Whether this program wrote it.
  private var isOwn: Bool { has("config_hash") && has("tool_version") }

  /// Whether it is the result of a run.
  var isResult: Bool { isOwn || (has("completed") && has("request_throughput")) }

  /// The run as a side called `name`.
  ///
  /// - Throws: `ConfigError` when it is no result.
  func side(name: String) throws(ConfigError) -> ComparedSide {
    guard isResult else { throw ConfigError(.file(path), "is no result of a run") }
    let seed = text("seed") ?? ""
    let run = ComparedRun(seed: seed, cells: entries.map { $0.text ?? "" }, status: .ok)
    return ComparedSide(
      name: name, kind: isOwn ? .run : .measured, keys: [], columns: entries.map(\.key),
      points: [ComparedPoint(cells: [], runs: [run])])
  }
}
