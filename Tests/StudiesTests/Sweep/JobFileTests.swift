import Foundation
import TestSupport
import Testing

/// Job files are run as their systems would run them.
@Suite struct JobFileTests {
  private func emitted(
    _ system: String, in directory: TestDirectory, shards: Int = 3
  ) throws -> String {
    let outcome = try Binary.martlet(
      [
        "sweep", "my sweep.yaml", "--emit", system, "--shards", "\(shards)", "--out", "it's out",
        "--quiet",
      ], in: directory)
    #expect(outcome?.code == 0 && outcome?.errors == "", "\(outcome?.errors ?? "")")
    return outcome?.output ?? ""
  }

  private func shell(
    _ script: String, in directory: TestDirectory, _ environment: [String: String] = [:]
  ) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", script]
    process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
    process.environment = ["PATH": "/usr/bin:/bin"].merging(environment) { _, new in new }
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  private func sample() throws -> TestDirectory {
    let directory = try TestDirectory()
    _ = try directory.write(
      sweepBase + "vary: {cluster.instances: [1, 2]}\nseeds: [1, 2]\n", to: "my sweep.yaml")
    let whole = try Binary.martlet(["sweep", "my sweep.yaml", "--out", "whole"], in: directory)
    #expect(whole?.code == 0)
    return directory
  }

  private func expectWhole(_ directory: TestDirectory) throws {
    #expect(try Binary.martlet(["merge", "it's out"], in: directory)?.code == 0)
    let table = directory.text(of: "whole/sweep.csv")
    #expect(!table.isEmpty && directory.text(of: "it's out/sweep.csv") == table)
  }

  @Test func `every task of a Slurm array makes its shard`() throws {
    let directory = try sample()
    let script = try emitted("slurm", in: directory)
    #expect(script.hasPrefix("#!/bin/bash\n") && script.contains("\n#SBATCH --array=1-3\n"))
    for task in 1...3 {
      #expect(try shell(script, in: directory, ["SLURM_ARRAY_TASK_ID": "\(task)"]) == 0)
    }
    try expectWhole(directory)
  }

  @Test func `every line for GNU parallel makes its shard`() throws {
    let directory = try sample()
    let lines = try emitted("parallel", in: directory).split(separator: "\n")
    #expect(lines.count == 3)
    for line in lines { #expect(try shell(String(line), in: directory) == 0) }
    try expectWhole(directory)
  }

  @Test func `every index of a Kubernetes job makes its shard`() throws {
    let directory = try sample()
    let text = try emitted("k8s", in: directory)
    #expect(text.contains("\n  completionMode: Indexed\n  completions: 3\n"))
    #expect(text.contains("\n  name: martlet-my-sweep\n"))
    let line = try #require(text.split(separator: "\n").first { $0.contains("args: ") })
    let json = line.drop { $0 != "[" }
    let arguments = try JSONDecoder().decode([String].self, from: Data(json.utf8))
    for index in 0..<3 {
      // The kubelet puts the variable in.
      let own = arguments.map {
        $0.replacingOccurrences(of: "$(JOB_COMPLETION_INDEX)", with: "\(index)")
      }
      #expect(try Binary.martlet(own, in: directory)?.code == 0)
    }
    try expectWhole(directory)
  }

  @Test func `there are no more shards than points`() throws {
    let directory = try sample()
    #expect(try emitted("slurm", in: directory, shards: 100).contains("--array=1-4\n"))
  }
}
