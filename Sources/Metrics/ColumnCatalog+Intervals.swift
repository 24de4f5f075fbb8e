extension ColumnCatalog {
  /// Keys of summary.json that say how far others may be off.
  static var uncertainty: [ColumnEntry] {
    ["ttft", "tpot", "itl", "e2el", "queue_time"].flatMap { name in
      Summary.intervalWords(of: name).map { word in
        ColumnEntry(
          "\(word)_\(name)_ms_ci", "ms",
          "Half width of the interval around \(word)_\(name)_ms, \(method(word, name)).",
          word == "mean" ? parts : tails)
      }
    } + checks
  }

  private static func method(_ word: String, _ name: String) -> String {
    if word != "mean" { return "by sectioning (Nakayama 2014)" }
    return name == "itl"
      ? "by sectioning of all gaps over their number" : "by batch means (Law 2015, 9.5.3)"
  }

  private static let parts =
    "ci_batches consecutive parts of the requests in order of arrival; null with fewer than "
    + "10 requests a part"
  private static let tails =
    "ci_batches consecutive parts of the requests in order of arrival; null with fewer than "
    + "5 requests of a part beyond the percentile"

  private static let checks: [ColumnEntry] = [
    ColumnEntry(
      "slo_attainment_ci", "0-1",
      "Half width of the interval around slo_attainment, by batch means.",
      "\(parts), without targets, or when all or none met them"),
    ColumnEntry(
      "ci_confidence", "0-1", "Confidence of every interval: Student's t over the parts.", "run"),
    ColumnEntry("ci_batches", "", "Parts of the run that intervals are made of.", "run"),
    ColumnEntry(
      "ci_correlation", "",
      "Von Neumann correlation of neighbouring batch means (Fishman 1978), the greatest of the "
        + "five latencies.", "null when no mean has an interval"),
    ColumnEntry(
      "ci_reliable", "",
      "Whether ci_correlation is no more than chance explains; where it is not, intervals are too "
        + "narrow: the run is too short or its load changes.",
      "null when no mean has an interval; false by chance in at most 5 % of runs"),
  ]
}
