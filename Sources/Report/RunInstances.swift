internal import Files

/// instances.csv of a run with several instances.
struct RunInstances {
  /// Columns shown, with their headings.
  private static let shown = [
    ("instance_id", "instance"), ("pool", "pool"), ("role", "role"), ("gpu", "GPU"),
    ("up_time_s", "there, s"), ("busy_share", "busy, %"), ("routed", "routed"),
    ("moved_in", "moved in"), ("moved_out", "moved out"), ("completed", "completed"),
    ("lost", "lost"), ("prefill_tokens", "prompt tokens computed"),
    ("generated_tokens", "tokens generated"), ("prefix_cache_hit_rate", "hits, %"),
    ("mean_running_requests", "mean running"), ("num_preemptions", "preemptions"),
    ("peak_kv_cache_usage_perc", "KV peak, %"),
  ]
  private static let words: Set<String> = ["pool", "role", "gpu"]
  private static let shares: Set<String> = [
    "busy_share", "prefix_cache_hit_rate", "peak_kv_cache_usage_perc",
  ]
  /// More rows would be a file, not a table.
  private static let most = 200

  private var rows: [[String]] = []
  private let count: Int

  /// Reads the file, which `names` says is in `directory`; nil when it is not.
  ///
  /// - Throws: `ConfigError` when it is torn or lacks a column.
  init?(readingFrom directory: String, _ names: [String]) throws(ConfigError) {
    guard names.contains("instances.csv") else { return nil }
    let file = try ColumnFile(readingFrom: Paths.join(directory, "instances.csv"))
    count = file.count
    var columns: [[String]] = []
    for (name, _) in Self.shown {
      let index = try file.index(of: name)
      let numbers = Self.words.contains(name) ? [] : file.numbers(index)
      columns.append(
        (0..<min(count, Self.most)).map { row in
          guard !Self.words.contains(name) else { return file.text(index, row: row) }
          guard numbers[row].isFinite else { return "–" }
          return Self.shares.contains(name)
            ? NumberText.trimmed(100 * numbers[row], 1) : NumberWords.short(numbers[row])
        })
    }
    rows = (0..<min(count, Self.most)).map { row in columns.map { $0[row] } }
  }

  /// Adds the section on instances, when there are several.
  func add(to page: inout Page) {
    guard rows.count > 1 else { return }
    // A column of which no instance has anything says nothing.
    let kept = Self.shown.indices.filter { column in
      rows.contains { !["", "–"].contains($0[column]) }
    }
    let numbers = kept.indices.filter { !Self.words.contains(Self.shown[kept[$0]].0) }
    page.open(
      "Instances",
      count > rows.count
        ? "The first \(rows.count) of \(count); instances.csv has all." : "All of instances.csv.")
    page.add(
      Markup.table(
        kept.map { Self.shown[$0].1 }, rows.map { row in kept.map { row[$0] } },
        numbers: Set(numbers), caption: "What each instance did"))
    page.close()
  }
}
