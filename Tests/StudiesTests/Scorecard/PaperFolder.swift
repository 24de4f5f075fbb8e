import TestSupport

@testable import Studies

/// A paper of one's own: a server that takes 10 ms for a prompt of 100 tokens, and steps of 5 ms.
struct PaperFolder {
  private let directory: TestDirectory
  /// The directory of papers.
  var path: String { directory.path }

  static let experiment = """
    model: llama-3-8b
    cluster: {gpu: a100-80gb-sxm}
    engine: {cost: {name: linear, prefill_token: 100 us, decode_step: 5 ms}, profile: none}
    workload:
      generate:
        requests: 10
        arrivals: {process: closed, concurrency: 1}
        input_tokens: {distribution: fixed, value: 100}
        output_tokens: {distribution: fixed, value: 5}
    """

  /// A folder `own` with the experiment `one` and `claims`.
  init(_ claims: String) throws {
    directory = try TestDirectory()
    _ = try directory.write(Self.experiment + "\n", to: "own/one.yaml")
    _ = try directory.write("system: Own\nclaims:\n" + claims + "\n", to: "own/claims.yaml")
  }

  /// A claim with the standing texts and `lines`.
  static func claim(_ lines: String, source: String = "[secondary] nowhere") -> String {
    """
      - claim: something
        metric: a time
        source: "\(source)"
        confidence: none
        experiment: one.yaml
        \(lines.replacing("\n", with: "\n    "))

    """
  }

  /// Writes another file.
  func write(_ text: String, to name: String) throws { _ = try directory.write(text, to: name) }

  /// The scorecard of the folder.
  func scorecard(jobs: Int = 2) throws -> (card: Scorecard, plan: ScorecardPlan) {
    let plan = try ScorecardPlan(of: path)
    return (try Self.runner(jobs).run(plan), plan)
  }

  static func runner(_ jobs: Int) -> ScorecardRunner {
    ScorecardRunner(jobs: jobs, clock: { 0 }, report: { _ in })
  }
}
