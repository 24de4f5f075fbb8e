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

  @Test func `a job runs from any directory, with the settings and cores of its command`() throws {
    let directory = try sample()
    let flags = [
      "--shards", "1", "--jobs", "2", "--set", "workload.generate.requests=7", "--quiet",
    ]
    for (system, out) in [("slurm", "a"), ("parallel", "b")] {
      let emitted = try Binary.martlet(
        ["sweep", "my sweep.yaml", "--emit", system, "--out", out] + flags, in: directory)
      let job = try #require(emitted?.output)
      #expect(system != "slurm" || job.contains("\n#SBATCH --cpus-per-task=2\n"))
      let elsewhere = try TestDirectory()
      #expect(try shell(job, in: elsewhere, ["SLURM_ARRAY_TASK_ID": "1"]) == 0)
      #expect(try elsewhere.names == [])
      #expect(try Binary.martlet(["merge", out], in: directory)?.code == 0)
      let rows = table(directory.text(of: "\(out)/sweep.csv"))
      #expect(rows.map { $0["completed"] } == ["7", "7", "7", "7"])
    }
    let force = try Binary.martlet(
      ["sweep", "my sweep.yaml", "--emit", "slurm", "--force"], in: directory)
    #expect(force?.code == 2)
  }

  @Test func `a line break in a name ends no comment and no command`() throws {
    let directory = try TestDirectory()
    let name = "it's\ntouch owned\u{2028}\\.yaml"
    _ = try directory.write(sweepBase + "seeds: [1, 2]\n", to: name)
    for (system, out) in [("slurm", "a\n#b"), ("parallel", "c\nd"), ("k8s", "e\nf")] {
      let emitted = try Binary.martlet(
        ["sweep", name, "--emit", system, "--shards", "1", "--out", out, "--quiet"], in: directory)
      let job = try #require(emitted?.output)
      let comments = job.split(separator: "\n").filter { $0.contains("# ") }
      #expect(!job.contains("\ntouch") && !comments.contains { $0.contains("\u{2028}") }, "\(job)")
      guard system != "k8s" else { continue }
      #expect(system == "slurm" || job.split(separator: "\n").count == 1)
      #expect(try shell(job, in: directory, ["SLURM_ARRAY_TASK_ID": "1"]) == 0)
      #expect(try directory.names.contains(out) && !directory.names.contains("owned"))
    }
  }

  @Test func `a Kubernetes job is YAML, with a policy that retries no fault of the sweep`() throws {
    let directory = try sample()
    let flags = ["--emit", "k8s", "--shards", "4", "--set", "name=a$(b)", "--quiet"]
    let emitted = try Binary.martlet(["sweep", "my sweep.yaml"] + flags, in: directory)
    _ = try directory.write(emitted?.output ?? "", to: "job.yaml")
    let script = """
      python3 -c 'import yaml' 2>/dev/null || { echo skipped: no yaml of python3; exit 0; }
      python3 -c '
      import json, yaml
      print(json.dumps(yaml.safe_load(open("job.yaml"))))'
      """
    let outcome = try #require(try Binary.shell(script, in: directory))
    #expect(outcome.code == 0, "\(outcome.errors)")
    guard !outcome.output.hasPrefix("skipped") else { return print(outcome.output) }
    struct Job: Decodable {
      struct Spec: Decodable {
        struct Policy: Decodable {
          struct Rule: Decodable {
            struct Codes: Decodable {
              let `operator`: String
              let values: [Int]
            }
            let action: String
            let onExitCodes: Codes?
          }
          let rules: [Rule]
        }
        struct Template: Decodable {
          struct Pod: Decodable {
            struct Container: Decodable {
              let args: [String]
            }
            let restartPolicy: String
            let containers: [Container]
          }
          let spec: Pod
        }
        let completionMode: String
        let completions: Int
        let parallelism: Int
        let backoffLimitPerIndex: Int
        let podFailurePolicy: Policy
        let template: Template
      }
      let kind: String
      let spec: Spec
    }
    let job = try JSONDecoder().decode(Job.self, from: Data(outcome.output.utf8))
    let spec = job.spec
    #expect(job.kind == "Job" && spec.completionMode == "Indexed")
    #expect(spec.completions == 4 && spec.parallelism == 4 && spec.backoffLimitPerIndex == 3)
    // Both are what Kubernetes asks for beside a podFailurePolicy with FailIndex.
    #expect(spec.template.spec.restartPolicy == "Never")
    let rule = try #require(spec.podFailurePolicy.rules.first)
    #expect(rule.action == "FailIndex" && rule.onExitCodes?.values == [2, 3])
    let arguments = spec.template.spec.containers.first?.args ?? []
    // "$(b)" would be a variable of the container.
    #expect(arguments.contains("$(JOB_COMPLETION_INDEX)/4") && arguments.contains("name=a$$(b)"))
  }

  @Test func `there are no more shards than points`() throws {
    let directory = try sample()
    #expect(try emitted("slurm", in: directory, shards: 100).contains("--array=1-4\n"))
  }
}
