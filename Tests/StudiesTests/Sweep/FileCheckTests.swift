import Foundation
import TestSupport
import Testing

/// `martlet validate` on sweep files.
@Suite struct FileCheckTests {
  @Test func `a sweep is checked at every point and counted`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(sweepWithFailures, to: "s.yaml")
    let outcome = try #require(try Binary.martlet(["validate", "s.yaml"], in: directory))
    #expect(outcome.code == 0 && outcome.errors == "")
    // 3 models' costs, 2 sizes and 2 seeds of the model that fits no A100.
    #expect(
      outcome.output.hasPrefix("s.yaml: valid, a sweep of 24 points\n12 cannot run, the first"))
    struct Answer: Decodable {
      let kind: String
      let points: Int
      let cannotRun: [Int]
    }
    let json = try Binary.martlet(["validate", "s.yaml", "--json"], in: directory)
    let answer = try decoded(Answer.self, from: json?.output ?? "")
    #expect(answer.kind == "sweep" && answer.points == 24 && answer.cannotRun == Array(12..<24))
    #expect(try directory.names == ["s.yaml"])
  }

  @Test func `a fault of its last point ends with 2 and its line`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(
      sweepBase + "vary:\n  cluster.instances: [1, 2, -1]\n", to: "s.yaml")
    let outcome = try Binary.martlet(["validate", "s.yaml"], in: directory)
    #expect(outcome?.code == 2 && outcome?.output == "")
    #expect(outcome?.errors.hasPrefix("error: s.yaml:12: cluster.instances -1") == true)
  }

  @Test func `--set reaches the base, --seed and --print-config do not belong to a sweep`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(sweepBase + "seeds: [1, 2]\n", to: "s.yaml")
    func said(_ flags: String...) throws -> String {
      let outcome = try Binary.martlet(["validate", "s.yaml"] + flags, in: directory)
      return (outcome?.output ?? "") + (outcome?.errors ?? "")
    }
    #expect(try said("--set", "cluster.gpu=h100").contains("unknown GPU \"h100\""))
    #expect(try said("--set", "cluster.instances=2") == "s.yaml: valid, a sweep of 2 points\n")
    #expect(try said("--seed", "3").contains("--seed: a sweep has its seeds in the file"))
    #expect(try said("--print-config").contains("prints an experiment, this file is a sweep"))
  }

  @Test func `a scenario is checked with its experiment and what it expects`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(
      sweepBase + "set: {seed: 3}\nexpect: {completed: 40, failed: 0}\n", to: "s.yaml")
    func said(_ arguments: String...) throws -> String {
      let outcome = try Binary.martlet(["validate", "s.yaml"] + arguments, in: directory)
      return (outcome?.output ?? "") + (outcome?.errors ?? "")
    }
    #expect(try said() == "s.yaml: valid, a scenario with 2 expectations\n")
    #expect(try said("--json").contains(#""kind": "scenario""#))
    #expect(try said("--seed", "2").contains("--seed: has no meaning here"))
    #expect(try said("--set", "cluster.instances=2").contains("has no meaning here"))
    _ = try directory.write(
      sweepBase + "set: {engine.scheduler: vlm}\nexpect: {completed: 40}\n", to: "s.yaml")
    #expect(try said().hasPrefix("error: s.yaml:11: unknown scheduler \"vlm\""))
    _ = try directory.write(sweepBase + "expect: {complete: 40}\n", to: "s.yaml")
    #expect(try said().hasPrefix("error: s.yaml:11: unknown metric \"complete\""))
  }
}
