import Foundation
import Studies
import TestSupport
import Testing

/// How often a comparison cries wolf, and what it does not miss.
@Suite struct FalseAlarmTests {
  /// Rows of a sweep of the same experiment with many seeds, without the header.
  private func seeds(
    _ count: Int, in directory: TestDirectory
  ) throws -> (header: String, rows: [String]) {
    let base = smallExperiment(rate: 12, requests: 150, "slo: {ttft_ms: 100, tpot_ms: 20}")
      .split(separator: "\n").map { "  \($0)\n" }.joined()
    let list = (1...count).map { "\($0)" }.joined(separator: ", ")
    _ = try directory.write("base:\n\(base)seeds: [\(list)]\n", to: "s.yaml")
    let outcome = try Binary.martlet(["sweep", "s.yaml", "--out", "s", "--quiet"], in: directory)
    #expect(outcome?.code == 0, "\(outcome?.errors ?? "")")
    let text = try String(contentsOfFile: "\(directory.path)/s/sweep.csv", encoding: .utf8)
    let lines = text.split(separator: "\n").map { "\($0)\n" }
    return (lines[0], Array(lines.dropFirst()))
  }

  /// Pairs of identical configurations with different seeds that are called worse.
  private func alarms(_ pairs: Int, confidence: String) throws -> (worse: Int, better: Int) {
    let directory = try TestDirectory()
    let (header, rows) = try seeds(10 * pairs, in: directory)
    try #require(rows.count == 10 * pairs)
    var (worse, better) = (0, 0)
    for pair in 0..<pairs {
      let start = 10 * pair
      _ = try directory.write(header + rows[start..<(start + 5)].joined(), to: "a.csv")
      _ = try directory.write(header + rows[(start + 5)..<(start + 10)].joined(), to: "b.csv")
      let found = try directory.compared("a.csv", "b.csv", confidence: confidence)
      #expect(found.row("p99_ttft_ms")?.method == "welch" && found.intervals >= 9)
      if found.verdict == "worse" { worse += 1 }
      if found.rows.contains(where: { $0.verdict == "better" }) { better += 1 }
    }
    print("false alarms at \(confidence): \(worse) worse, \(better) better of \(pairs) pairs")
    return (worse, better)
  }

  @Test func `at most one of 20 identical pairs with other seeds is called worse`() throws {
    #expect(try alarms(20, confidence: "99%").worse <= 1)
  }

  /// At 90 % the error of both sides together is 10 %, half of it on the bad side: of 200 pairs 10
  /// are expected, and more than 20 come with probability 0.1 % (binomial).
  @Test(.enabled(if: !isDebug, "skipped: 4,000 runs, release only"))
  func `false alarms stay at their level over 200 pairs`() throws {
    #expect(try alarms(200, confidence: "99%").worse <= 5)
    #expect(try alarms(200, confidence: "90%").worse <= 20)
  }

  @Test func `a prefill that costs 3 % more is found by p99 TTFT with five seeds`() throws {
    let directory = try TestDirectory()
    // Rarely two requests at once: the time to the first token is the price of the prompt.
    _ = try directory.write(smallExperiment(rate: 0.5), to: "a.yaml")
    _ = try directory.write(smallExperiment(prefill: "103 us", rate: 0.5), to: "b.yaml")
    let found = try directory.compared("a.yaml", "b.yaml", seeds: [1, 2, 3, 4, 5])
    let row = try #require(found.row("p99_ttft_ms"))
    #expect(row.verdict == "worse" && row.method == "paired")
    let share = try #require(row.relativeDifference)
    #expect((share - 0.03).magnitude < 0.004, "\(share)")
    #expect(found.row("p99_itl_ms")?.verdict == "same")
    // The same seeds of the same configuration differ in nothing.
    let same = try directory.compared("a.yaml", "a.yaml", seeds: [1, 2, 3, 4, 5])
    #expect(same.verdict == "not worse")
    #expect(same.rows.allSatisfy { $0.verdict == "same" && $0.relativeDifference == 0 })
  }

  @Test func `p99 TTFT of a real sweep times 1.03 is found`() throws {
    let directory = try TestDirectory()
    let (header, rows) = try seeds(5, in: directory)
    _ = try directory.write(header + rows.joined(), to: "a.csv")
    let columns = header.dropLast().split(separator: ",", omittingEmptySubsequences: false)
    let index = try #require(columns.firstIndex(of: "p99_ttft_ms"))
    let scaled = rows.map { row -> String in
      // The last cell may be quoted; nothing before it is.
      var cells = row.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      cells[index] = "\((Double(cells[index]) ?? .nan) * 1.03)"
      return cells.joined(separator: ",")
    }
    _ = try directory.write(header + scaled.joined(), to: "b.csv")
    let found = try directory.compared("a.csv", "b.csv")
    #expect(found.rows.filter { $0.verdict == "worse" }.map(\.metric) == ["p99_ttft_ms"])
    #expect(try directory.compared("b.csv", "a.csv").verdict == "not worse")
  }
}
