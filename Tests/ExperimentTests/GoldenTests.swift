import Experiment
import Files
import Foundation
import Metrics
import Testing

/// Every experiment of Workloads/golden makes the very bytes that lie beside it.
///
/// `make golden` rewrites them. The same test passes in debug and in release builds, in every
/// process, leaping and step by step, so all of these give the same bytes.
@Suite struct GoldenTests {
  static let folder: String = {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return "/\(root)/Workloads/golden"
  }()

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
  }()

  @Test func `there are golden experiments`() { #expect(Self.names.count >= 4) }

  @Test(arguments: names, [false, true])
  func `the files are those that lie beside it`(name: String, exactSteps: Bool) throws {
    let directory = "\(Self.folder)/\(name)"
    let config = try ExperimentConfig.load("\(directory).yaml")
    let assembly = try Assembly(config)
    var warnings = Warnings(to: { _ in })
    let execution = try assembly.execute(
      exactSteps: exactSteps, clock: { 0 }, warnings: &warnings, progress: { _ in })
    var sink = MemorySink()
    var choice = OutputChoice()
    (choice.requests, choice.timeseries) = (config.output.requests, config.output.timeseries)
    (choice.steps, choice.timeline) = (config.output.steps, config.output.timeline)
    choice.instances = assembly.writesInstances
    writeOutputs(of: execution.record, execution.summary, choice, to: &sink)
    let yaml = config.effectiveYAML(assembly.resolved, in: directory)
    sink.files.append(("config.effective.yaml", Array(yaml.utf8)))
    #expect(Set(sink.files.map(\.name)) == Set(execution.files))
    for (file, bytes) in sink.files {
      let expected = try #require(
        FileManager.default.contents(atPath: "\(directory)/\(file)"), "\(file): run make golden")
      #expect(stable(Array(expected)) == stable(bytes), "\(name)/\(file) differs")
    }
  }

  @Test(arguments: names)
  func `running config.effective.yaml again gives the same bytes`(name: String) throws {
    let directory = "\(Self.folder)/\(name)"
    let first = try Assembly(try ExperimentConfig.load("\(directory).yaml"))
    let again = try Assembly(try ExperimentConfig.load("\(directory)/config.effective.yaml"))
    let yaml = first.config.effectiveYAML(first.resolved, in: directory)
    #expect(again.config.effectiveYAML(again.resolved, in: directory) == yaml)
    func record(_ assembly: Assembly) throws -> Summary {
      var warnings = Warnings(to: { _ in })
      return try assembly.execute(
        exactSteps: false, clock: { 0 }, warnings: &warnings, progress: { _ in }
      ).summary
    }
    #expect(try record(first).json.bytes == record(again).json.bytes)
  }

  /// All but the line with the wall-clock time, the one number that may differ.
  private func stable(_ bytes: [UInt8]) -> [Substring] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.contains("\"wall_time_s\"") }
  }
}
