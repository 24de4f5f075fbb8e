import Experiment
import Foundation
import TestSupport
import Testing

/// `martlet demo` against the file in Workloads that it has inside.
@Suite struct DemoExperimentTests {
  private let file: String = {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return "/\(root)/Workloads/demo.yaml"
  }()

  @Test func `the text in the binary is that of Workloads`() throws {
    #expect(DemoExperiment.yaml == (try String(contentsOfFile: file, encoding: .utf8)))
    let directory = try TestDirectory()
    #expect(try Binary.martlet(["demo", "--print"], in: directory)?.output == DemoExperiment.yaml)
  }

  /// `text` without the key of the wall-clock time and the line that says what to do next.
  private func lasting(_ text: String) -> [Substring] {
    text.split(separator: "\n").filter {
      !$0.hasPrefix("next: ") && !$0.contains("wall_time_s")
    }
  }

  @Test func `demo prints what run prints of the file, and writes nothing`() throws {
    let directory = try TestDirectory()
    for flags in [[], ["--json"], ["--set", "workload.generate.arrivals.rate=9", "--seed", "5"]] {
      let demo = try Binary.martlet(["demo"] + flags, in: directory)
      let run = try Binary.martlet(["run", file] + flags, in: directory)
      #expect(demo?.code == 0 && demo?.errors == "", "\(demo?.errors ?? "")")
      let lines = lasting(demo?.output ?? "")
      #expect(lines.count > 25 && lines == lasting(run?.output ?? ""), "\(flags)")
    }
    #expect(try directory.names == [])
  }

  @Test func `two runs print the same bytes into a pipe`() throws {
    let directory = try TestDirectory()
    let first = try Binary.martlet(["demo"], in: directory)
    #expect(first?.output.contains("500 requests, seed 1 [84.3 s simulated]") == true)
    #expect(try Binary.martlet(["demo"], in: directory)?.output == first?.output)
  }

  @Test func `demo --out writes an experiment that gives the same bytes again`() throws {
    let directory = try TestDirectory()
    #expect(try Binary.martlet(["demo", "--out", "first", "--quiet"], in: directory)?.code == 0)
    let again = ["run", "first/config.effective.yaml", "--out", "second", "--quiet"]
    #expect(try Binary.martlet(again, in: directory)?.code == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(directory.path)/first")
    #expect(names.count == 5)
    for name in names {
      let first = try String(contentsOfFile: "\(directory.path)/first/\(name)", encoding: .utf8)
      let second = try String(contentsOfFile: "\(directory.path)/second/\(name)", encoding: .utf8)
      #expect(!first.isEmpty && lasting(first) == lasting(second), "\(name)")
    }
  }

  @Test func `a fault names the experiment inside, --print takes no other flag`() throws {
    let directory = try TestDirectory()
    let bad = try Binary.martlet(["demo", "--set", "engine.scheduler=vlm"], in: directory)
    #expect(bad?.code == 2 && bad?.errors.contains("unknown scheduler \"vlm\"") == true)
    for flags in [["--seed", "3"], ["--exact-steps"], ["--quiet"], ["--force"], ["--json"]] {
      let both = try Binary.martlet(["demo", "--print"] + flags, in: directory)
      #expect(both?.code == 2 && both?.output == "")
      #expect(both?.errors.contains("--print and \(flags[0]) exclude each other") == true)
    }
  }
}
