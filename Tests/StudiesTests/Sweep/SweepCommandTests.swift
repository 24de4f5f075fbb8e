import Experiment
import Files
import Foundation
import Studies
import TestSupport
import Testing

/// `martlet sweep` and `martlet merge` as scripts meet them.
@Suite struct SweepCommandTests {
  /// A directory that holds `yaml` as s.yaml.
  private func directory(_ yaml: String = sweepWithFailures) throws -> TestDirectory {
    let directory = try TestDirectory()
    _ = try directory.write(yaml, to: "s.yaml")
    return directory
  }

  private func sweep(
    _ arguments: String..., in directory: TestDirectory, signal: (Int32, when: () -> Void)? = nil
  ) throws -> Binary.Outcome {
    try #require(
      try Binary.martlet(["sweep", "s.yaml"] + arguments, in: directory, signal: signal))
  }

  @Test func `the table does not depend on jobs or shards`() throws {
    let directory = try directory()
    let one = try sweep("--out", "one", "--jobs", "1", in: directory)
    #expect(one.code == 3, "\(one.errors)")
    // 405 B parameters fit no A100, and every step of 30 days ends beyond the clock.
    #expect(
      one.output
        == "24/24 done (16 failed: see one/failed.csv)\nwrote one/"
        + "{sweep.csv,columns.json,failed.csv,seeds.csv}\n")
    #expect(try sweep("--out", "two", "--jobs", "2", "--quiet", in: directory).code == 3)
    for shard in ["3/5", "0/5", "4/5", "1/5", "2/5"] {
      let part = try sweep("--out", "three", "--shard", shard, in: directory)
      #expect(part.output.contains("next: martlet merge three"), "\(part.output + part.errors)")
    }
    let merged = try Binary.martlet(["merge", "three", "--json"], in: directory)
    #expect(merged?.code == 3)
    struct Answer: Decodable {
      let points: Int
      let failed: Int
    }
    let answer = try decoded(Answer.self, from: merged?.output ?? "")
    #expect(answer.points == 24 && answer.failed == 16)
    for file in ["sweep.csv", "failed.csv", "seeds.csv", "columns.json", "sweep.json"] {
      let expected = directory.text(of: "one/\(file)")
      #expect(!expected.isEmpty)
      for name in ["two", "three"] {
        #expect(directory.text(of: "\(name)/\(file)") == expected, "\(name)/\(file)")
      }
    }
  }

  @Test func `every point is a row, the failed ones with their error`() throws {
    let directory = try directory()
    _ = try sweep("--out", "out", "--json", in: directory)
    let rows = table(directory.text(of: "out/sweep.csv"))
    #expect(rows.map { $0["point"] } == (0..<24).map { "\($0)" })
    #expect(rows.map { $0["seed"] } == (0..<24).map { $0 % 2 == 0 ? "3" : "4" })
    #expect(rows.map { $0["cluster.instances"] } == (0..<24).map { $0 / 2 % 2 == 0 ? "1" : "2" })
    let statuses = rows.map { $0["status"] ?? "" }
    let ok = [String](repeating: "ok", count: 8)
    let stopped = [String](repeating: "stopped", count: 4)
    #expect(statuses == ok + stopped + [String](repeating: "failed", count: 12))
    #expect(rows[0]["error"] == "" && rows[0]["completed"] == "40")
    #expect(rows[8]["engine.cost"] == "{name: linear, decode_step: 30 d}")
    #expect(rows[8]["unfinished"].flatMap(Int.init) ?? 0 > 0)
    #expect(rows[8]["error"]?.contains("simulated time passed 106 days") == true)
    #expect(rows[12]["completed"] == "" && rows[12]["error"]?.contains("does not fit") == true)
    let failed = table(directory.text(of: "out/failed.csv"))
    #expect(failed.map { $0["point"] } == (8..<24).map { "\($0)" })
    #expect(failed[0].keys.sorted().first == "cluster.instances" && failed[0].count == 7)
    let columns = try #require(
      try JSONSerialization.jsonObject(with: Data(directory.text(of: "out/columns.json").utf8))
        as? [String: [String: Any]])
    #expect(columns["sweep.csv"].map { Set($0.keys) } == Set(rows[0].keys))
    #expect(columns["failed.csv"].map { Set($0.keys) } == Set(failed[0].keys))
    #expect(rows[0]["wall_time_s"] == nil)
  }

  @Test func `with several seeds a second table has means and intervals`() throws {
    let yaml = sweepBase + "vary: {cluster.instances: [1, 2]}\nseeds: [3, 9, 4]\n"
    let directory = try directory(yaml)
    _ = try sweep("--out", "out", "--quiet", in: directory)
    let rows = table(directory.text(of: "out/sweep.csv"))
    let means = table(directory.text(of: "out/seeds.csv"))
    #expect(means.map { $0["cluster.instances"] } == ["1", "2"])
    #expect(means.map { $0["seeds"] } == ["3", "3"])
    for (point, row) in means.enumerated() {
      for key in ["p99_ttft_ms", "output_throughput", "busy_share"] {
        let values = rows[3 * point..<3 * point + 3].compactMap { Double($0[key] ?? "") }
        let mean = (values[0] + values[1] + values[2]) / 3
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        // Student's t of 97.5 % with two degrees of freedom, from printed tables.
        let halfWidth = 4.30265 * (squares / 2).squareRoot() / 3.squareRoot()
        let said = (Double(row[key] ?? "") ?? 0, Double(row["\(key)_ci95"] ?? "") ?? 0)
        #expect(abs(said.0 - mean) < 1e-9 * mean, "\(key)")
        #expect(abs(said.1 - halfWidth) < 1e-5 * halfWidth && halfWidth > 0, "\(key)")
      }
    }
    let columns = try #require(
      try JSONSerialization.jsonObject(with: Data(directory.text(of: "out/columns.json").utf8))
        as? [String: [String: Any]])
    #expect(columns["seeds.csv"].map { Set($0.keys) } == Set(means[0].keys))
  }

  @Test func `a point whose seeds all failed has no means`() throws {
    let directory = try directory()
    _ = try sweep("--out", "out", "--quiet", in: directory)
    let means = table(directory.text(of: "out/seeds.csv"))
    #expect(means.count == 12 && means[11]["seeds"] == "0" && means[0]["seeds"] == "2")
    #expect(means[11]["p99_ttft_ms"] == "" && means[11]["p99_ttft_ms_ci95"] == "")
  }

  @Test func `a row says what martlet run says`() throws {
    let lines = (0..<50).map { "\(Double($0) * 0.1),\(100 + 37 * $0 % 900),\(1 + 11 * $0 % 90)\n" }
    let base = "model: llama-3-8b\ncluster: {gpu: a100-80gb-sxm}\nworkload: {trace: t/t.csv}\n"
    let indented = base.split(separator: "\n").map { "  \($0)\n" }.joined()
    let directory = try directory(
      "base:\n\(indented)vary: {workload.rate: [null, 3, 9], cluster.instances: [1, 2]}\n")
    _ = try directory.write(base, to: "s-run.yaml")
    let header = "arrived_at,num_prefill_tokens,num_decode_tokens\n"
    _ = try directory.write(header + lines.joined(), to: "t/t.csv")
    #expect(try sweep("--out", "out", in: directory).code == 0)
    let rows = table(directory.text(of: "out/sweep.csv"))
    #expect(rows.map { $0["workload.rate"] } == ["", "", "3", "3", "9", "9"])
    for row in rows {
      let rate = row["workload.rate"].flatMap { $0.isEmpty ? nil : $0 } ?? "null"
      let run = try Binary.martlet(
        [
          "run", "s-run.yaml", "--json", "--set", "workload.rate=\(rate)", "--set",
          "cluster.instances=\(row["cluster.instances"] ?? "")",
        ], in: directory)
      for key in ["p99_ttft_ms", "duration", "config_hash", "trace_hash", "busy_share"] {
        let value = row[key] ?? "-"
        let texts = ["\"\(key)\": \(value),", "\"\(key)\": \"\(value)\","]
        #expect(texts.contains { run?.output.contains($0) == true }, "\(key) \(value)")
      }
    }
  }

  @Test func `killed at any moment, it goes on and ends with the same bytes`() throws {
    let yaml = sweepBase.replacingOccurrences(of: "requests: 40", with: "requests: 400")
    let directory = try directory(
      yaml + "vary: {cluster.instances: [1, 2, 3, 4], engine.block_size: [8, 16]}\nseeds: [1, 2]\n")
    let whole = Date()
    #expect(try sweep("--out", "whole", in: directory).code == 0)
    let time = Date().timeIntervalSince(whole)
    var finished: [String: UInt64] = [:]
    for round in 1...6 {
      let delay = time * Double(round * 37 % 50) / 50
      let killed = try sweep(
        "--out", "out", "--resume", in: directory,
        signal: (SIGKILL, when: { Foundation.Thread.sleep(forTimeInterval: delay) }))
      #expect(killed.code == 128 + SIGKILL || killed.code == 0)
      let now = try directory.points(in: "out")
      #expect(finished.allSatisfy { now[$0.key] == $0.value }, "run twice")
      finished = now
    }
    let last = try sweep("--out", "out", "--resume", in: directory)
    #expect(last.code == 0, "\(last.errors)")
    let kept = finished.isEmpty ? "" : " (\(finished.count) kept)"
    #expect(last.output.hasPrefix("16/16 done\(kept)\n"), "\(last.output)")
    let now = try directory.points(in: "out")
    #expect(finished.allSatisfy { now[$0.key] == $0.value } && now.count == 16)
    for file in ["sweep.csv", "columns.json"] {
      #expect(directory.text(of: "out/\(file)") == directory.text(of: "whole/\(file)"))
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(directory.path)/out/points")
    #expect(names.count == 16, "\(names)")
  }

  @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
  func `an interruption saves what is finished and says how to go on`(
    signal: Int32, code: Int32
  ) throws {
    let yaml = sweepBase.replacingOccurrences(of: "requests: 40", with: "requests: 300")
    let seeds = (1...2000).map { "\($0)" }.joined(separator: ", ")
    let directory = try directory(yaml + "seeds: [\(seeds)]\n")
    let stopped = try sweep(
      "--out", "out", in: directory,
      signal: (
        signal,
        when: {
          // A process that died writes no third point: a minute is the most to wait.
          for _ in 0..<30_000 {
            if (try? directory.points(in: "out").count) ?? 0 >= 3 { break }
            usleep(2000)
          }
        }
      ))
    #expect(stopped.code == code, "\(stopped.errors)")
    let saved = try directory.points(in: "out").count
    #expect(
      stopped.errors.hasSuffix(
        "interrupted: \(saved) of 2000 points saved; continue with the same command + --resume\n"),
      "\(stopped.errors)")
    #expect(stopped.output.isEmpty && directory.text(of: "out/sweep.csv").isEmpty)
  }

  @Test func `a full disk keeps the finished points`() throws {
    let directory = try directory()
    // The shell's limit on the size of a file stands for the full disk; sweep.csv is beyond it.
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" sweep s.yaml --out out"
    let full = try #require(try Binary.shell(script, in: directory))
    #expect(full.code == 2, "\(full.errors)")
    #expect(full.errors.contains("error: out/sweep.csv: cannot be written: file too large"))
    #expect(directory.text(of: "out/sweep.csv").isEmpty)
    #expect(try directory.points(in: "out").count == 24)
    let resumed = try sweep("--out", "out", "--resume", in: directory)
    #expect(resumed.code == 3 && resumed.output.hasPrefix("24/24 done (12 kept"))
  }

  @Test func `torn and alien files are reported, torn ones run again`() throws {
    let directory = try directory()
    _ = try sweep("--out", "out", in: directory)
    let table = directory.text(of: "out/sweep.csv")
    let row = directory.text(of: "out/points/0003.row")
    _ = try directory.write(String(row.dropLast(30)), to: "out/points/0003.row")
    _ = try directory.write(directory.text(of: "out/points/0001.row"), to: "out/points/0002.row")
    _ = try directory.write("notes", to: "out/points/notes.txt")
    let merge = ["merge", "out"]
    let alien = try Binary.martlet(merge, in: directory)
    #expect(alien?.code == 2)
    #expect(alien?.errors.contains("out/points/notes.txt: is no point of this sweep") == true)
    let resumed = try sweep("--out", "out", "--resume", in: directory)
    for fault in [
      "out/points/0003.row is torn", "point 3 is run again", "out/points/0002.row is of point 1",
      "out/points/notes.txt is no point of this sweep; it is ignored",
    ] {
      #expect(resumed.errors.contains(fault), "\(resumed.errors)")
    }
    try FileManager.default.removeItem(atPath: "\(directory.path)/out/points/notes.txt")
    #expect(directory.text(of: "out/points/0003.row") == row)
    #expect(try sweep("--out", "out", "--resume", in: directory).code == 3)
    #expect(directory.text(of: "out/sweep.csv") == table)
  }

  @Test func `merge refuses holes, doubles and torn points`() throws {
    let directory = try directory()
    for shard in ["1/3", "3/3"] { _ = try sweep("--out", "out", "--shard", shard, in: directory) }
    func fault() throws -> String {
      let outcome = try Binary.martlet(["merge", "out"], in: directory)
      #expect(outcome?.code == 2)
      return outcome?.errors ?? ""
    }
    #expect(try fault().contains("out: lacks 8 of 24 points (2, 5, 8, 11, 14, 17, 20, 23); run"))
    _ = try sweep("--out", "out", "--shard", "2/3", in: directory)
    let row = directory.text(of: "out/points/0005.row")
    _ = try directory.write(row, to: "out/points/0005 (copy).row")
    #expect(
      try fault()
        .contains("has point 5 twice: points/0005.row and points/0005 (copy).row; remove one"))
    try FileManager.default.removeItem(atPath: "\(directory.path)/out/points/0005 (copy).row")
    _ = try directory.write(String(row.dropFirst()), to: "out/points/0005.row")
    #expect(try fault().contains("out/points/0005.row: is torn"))
    #expect(directory.text(of: "out/sweep.csv").isEmpty)
    _ = try directory.write("", to: "plain/file.txt")
    let alien = try Binary.martlet(["merge", "plain"], in: directory)
    #expect(alien?.errors == "error: plain: is no directory of a sweep: it has no sweep.json\n")
  }

  @Test func `a directory of anything else is refused and kept`() throws {
    let directory = try directory()
    _ = try directory.write("precious", to: "mine/keep.txt")
    for arguments in [[], ["--resume"], ["--shard", "1/2"]] {
      let refused = try Binary.martlet(
        ["sweep", "s.yaml", "--out", "mine"] + arguments, in: directory)
      #expect(refused?.code == 2, "\(arguments)")
    }
    #expect(directory.text(of: "mine/keep.txt") == "precious")
    _ = try sweep("--out", "out", in: directory)
    #expect(
      try sweep("--out", "out", in: directory).errors
        == "error: out: exists; add --resume to continue it, --force to replace it, or name "
        + "another --out\n")
    let again = try sweep("--out", "out", "--shard", "1/2", in: directory)
    #expect(again.errors.contains("has 6 finished points of these 12; add --resume"))
    let rows = try directory.points(in: "out")
    _ = try directory.write(
      sweepWithFailures.replacingOccurrences(of: "requests: 40", with: "requests: 41"),
      to: "s.yaml")
    let other = try sweep("--out", "out", "--resume", in: directory)
    #expect(other.code == 2)
    #expect(other.errors.contains("error: out: holds another sweep (s.yaml, 24 points, hash "))
    #expect(try directory.points(in: "out") == rows)
    #expect(try sweep("--out", "out", "--force", in: directory).code == 3)
    #expect(directory.text(of: "out/sweep.csv").contains(",41,"))
  }

  @Test func `faults of usage make nothing`() throws {
    let directory = try directory()
    _ = try directory.write(sweepBase + "vary: {cluster.gpus: [1]}\n", to: "bad.yaml")
    for (arguments, fault) in [
      (["bad.yaml"], "bad.yaml:11: unknown key \"gpus\""),
      (["s.yaml", "--shard", "4/3"], "--shard: \"4/3\" is no shard"),
      (["s.yaml", "--shard", "x"], "is no shard"),
      (["s.yaml", "--jobs", "0"], "--jobs 0 must be at least 1"),
      (["s.yaml", "--emit", "lsf"], "unknown batch system \"lsf\""),
      (["s.yaml", "--force", "--resume"], "--force and --resume exclude each other"),
      (["s.yaml", "--emit", "slurm", "--resume"], "--emit and --resume exclude each other"),
      (["s.yaml", "--out", "no/where"], "there is no directory no"),
      (["none.yaml"], "none.yaml: no such file"),
    ] {
      let outcome = try Binary.martlet(["sweep"] + arguments, in: directory)
      #expect(outcome?.code == 2 && outcome?.errors.contains(fault) == true, "\(fault)")
    }
    #expect(try directory.names == ["bad.yaml", "s.yaml"])
  }

  @Test func `a dry run runs nothing and counts`() throws {
    let directory = try directory()
    let text = try sweep("--dry-run", "--jobs", "2", in: directory)
    #expect(text.code == 0 && text.output.hasPrefix("24 points, about "), "\(text.output)")
    #expect(text.output.contains("\n12 cannot run, the first is point 12: model=llama-3.1-405b"))
    struct Answer: Decodable {
      let points: Int
      let keys: [String]
      let columns: [String]
      let cannotRun: [Int]
    }
    let json = try sweep("--dry-run", "--json", "--shard", "1/5", in: directory)
    let answer = try decoded(Answer.self, from: json.output)
    #expect(answer.points == 5 && answer.cannotRun == [16, 21])
    #expect(answer.keys == ["model", "engine.cost", "cluster.instances"])
    #expect(answer.columns.starts(with: ["point", "seed", "model"]))
    #expect(try directory.names == ["s.yaml"])
  }
}
