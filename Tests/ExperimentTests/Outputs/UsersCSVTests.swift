import Experiment
import Files
import Metrics
import TestSupport
import Testing

@Suite struct UsersCSVTests {
  private func files(_ overrides: String...) throws -> [(name: String, text: String)] {
    let config = try ExperimentConfig.read(
      chats, file: "my.yaml", overrides: overrides.map { try Override($0) })
    let assembly = try Assembly(config)
    var warnings = Warnings(to: { _ in })
    let execution = try assembly.execute(
      exactSteps: false, clock: { 0 }, warnings: &warnings, progress: { _ in })
    var (sink, choice) = (MemorySink(), OutputChoice())
    choice.users = config.output.users
    writeOutputs(of: execution.record, execution.summary, choice, to: &sink)
    #expect(execution.files.contains("users.csv") == config.output.users)
    #expect(
      config.effectiveYAML(assembly.resolved, in: ".").contains("users: true")
        == config.output.users)
    return sink.files.map { ($0.name, String(decoding: $0.1, as: UTF8.self)) }
  }

  @Test func `a row a session adds up to the summary, when asked for`() throws {
    let all = try files("output.users=true")
    let table = try #require(all.first { $0.name == "users.csv" }).text
    let lines = table.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(lines[0].map { String($0) } == ColumnCatalog.users.map(\.name))
    #expect(lines.allSatisfy { $0.count == 8 } && lines.count > 2)
    let summary = try #require(all.first { $0.name == "summary.json" }).text
    for (column, key) in [(1, "completed"), (2, "total_input_tokens"), (3, "total_output_tokens")] {
      let sum = lines.dropFirst().reduce(0) { $0 + (Int($1[column]) ?? 0) }
      #expect(summary.contains("\"\(key)\": \(sum),") || summary.contains("\"\(key)\":\(sum),"))
    }
    #expect(summary.contains("\"num_users\""))
    let columns = try #require(all.first { $0.name == "columns.json" }).text
    #expect(columns.contains("\"users.csv\""))
  }

  @Test func `without being asked for there is none`() throws {
    let all = try files()
    #expect(!all.contains { $0.name == "users.csv" })
    #expect(all.first { $0.name == "columns.json" }?.text.contains("users.csv") == false)
  }
}
