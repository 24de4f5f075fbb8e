import Foundation
import TestSupport
import Testing

/// `--json` of every verb: JSON on standard output, and nothing else there.
@Suite struct JSONAnswersTests {
  private let directory: TestDirectory

  init() throws {
    directory = try TestDirectory()
    let lines = sweepBase.split(separator: "\n").dropFirst().map { $0.dropFirst(2) + "\n" }
    _ = try directory.write(lines.joined(), to: "e.yaml")
    _ = try directory.write(sweepBase + "vary: {cluster.instances: [1, 2]}\n", to: "s.yaml")
    _ = try directory.write("base: e.yaml\nexpect: {completed: 40}\n", to: "x.yaml")
    _ = try directory.write(
      "arrived_at,num_prefill_tokens,num_decode_tokens\n0,5,5\n1,x,5\n", to: "t.csv")
    _ = try directory.write(
      #"{"timestamp": 0, "input_length": 600, "output_length": 1, "hash_ids": [1, 2]}"# + "\n",
      to: "b.jsonl")
    // 3 µs a block and 0.8 of 63 GB/s, but for 1 %.
    let copies = (0..<24).map { i -> String in
      let bytes = Double(4096 << (i % 12))
      let rate = bytes / (3e-6 + bytes / (0.8 * 63e9)) / 1e9
      return "cudaMemcpyAsync,\(bytes),100,\(rate * (1 + 0.01 * Double(i % 3 - 1)))\n"
    }
    _ = try directory.write(
      "method,block_bytes,n_blocks,gbps\n" + copies.joined(), to: "copies.csv")
    _ = try Binary.martlet(["sweep", "s.yaml", "--shard", "0/1", "--out", "parts"], in: directory)
  }

  @Test(arguments: [
    ("demo", ["duration", "verdict"]), ("run e.yaml", ["duration", "verdict"]),
    ("run e.yaml --out results", ["duration", "verdict"]),
    ("sweep s.yaml", ["points", "ran", "failed", "files"]),
    ("sweep s.yaml --dry-run", ["points", "columns", "estimated_wall_time_s"]),
    ("sweep s.yaml --shard 1/2 --out half", ["points", "files"]),
    ("merge parts", ["points", "failed", "files"]),
    ("validate e.yaml", ["file", "kind", "valid", "points", "hash"]),
    ("validate s.yaml", ["file", "kind", "valid", "points", "cannot_run", "hash"]),
    ("explain e.yaml", []), ("explain e.yaml --step", []), ("list", []), ("list models", []),
    ("cache b.jsonl --capacity 3", []), ("trace info t.csv", []),
    ("trace generate e.yaml -o g.csv", ["file", "requests", "format"]),
    ("calibrate copies.csv --gpu h100_sxm", ["gpu", "classes", "skipped"]),
    ("validate-cost copies.csv --gpu h100_sxm", []),
    (
      "capacity e.yaml --slo p99_ttft_ms<=5000 --vary workload.generate.arrivals.rate --max 10",
      ["key", "outcome", "value", "slo", "probes"]
    ),
    ("compare e.yaml e.yaml", ["a", "b", "verdict", "rows", "notes"]),
    ("compare e.yaml --vary cluster.instances=1,2", ["confidence", "rows"]),
    ("compare x.yaml", ["scenarios", "verdict", "rows"]),
    ("plot t.csv --x arrived_at --y num_decode_tokens -o t.gp", ["files", "rows", "series"]),
  ])
  func `the answer is one JSON value`(command: String, keys: [String]) throws {
    let words = command.split(separator: " ").map(String.init)
    let outcome = try #require(try Binary.martlet(words + ["--json"], in: directory))
    #expect(outcome.code == 0, "\(outcome.errors)")
    let value = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    let object = value as? [String: Any] ?? [:]
    for key in keys { #expect(object[key] != nil, "\(key)") }
  }

  @Test func `report answers with one JSON value`() throws {
    guard try Binary.shell("command -v gnuplot", in: directory)?.code == 0 else {
      return print("skipped: there is no gnuplot")
    }
    let run = try Binary.martlet(["run", "e.yaml", "--out", "results"], in: directory)
    #expect(run?.code == 0)
    let outcome = try #require(
      try Binary.martlet(["report", "results", "--json"], in: directory))
    #expect(outcome.code == 0, "\(outcome.errors)")
    let value = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    #expect((value as? [String: Any])?.isEmpty == false)
  }

  @Test func `calibrate says errors and constants in JSON, constants in their units`() throws {
    struct Answer: Decodable {
      struct Errors: Decodable {
        let medianApePct: Double
      }
      struct Constant: Decodable {
        let name: String
        let value: Double
        let unit: String
      }
      struct Fit: Decodable {
        let `class`: String
        let rows: Int
        let before: Errors?
        let after: Errors
        let constants: [Constant]
      }
      let gpu: String
      let classes: [Fit]
    }
    let command = ["calibrate", "copies.csv", "--gpu", "h100_sxm"]
    let outcome = try Binary.martlet(command + ["--json"], in: directory)
    let answer = try decoded(Answer.self, from: outcome?.output ?? "")
    #expect(answer.gpu == "h100-80gb-sxm" && answer.classes.map(\.rows) == [24])
    let fit = try #require(answer.classes.first)
    #expect(fit.class == "copy_memcpy" && fit.before != nil && fit.after.medianApePct < 1.5)
    #expect(fit.constants.map(\.name) == ["copy_memcpy.per_block", "copy_memcpy.efficiency"])
    #expect(abs(fit.constants[0].value - 3) < 0.1 && abs(fit.constants[1].value - 0.8) < 0.02)
    #expect(fit.constants[0].unit == "us")
  }

  @Test func `flags that would mix with it are refused`() throws {
    for (command, fault) in [
      (["trace", "generate", "e.yaml", "-o", "-"], "--json and -o - exclude each other"),
      (["validate", "e.yaml", "--print-config"], "--print-config and --json exclude each other"),
      (["sweep", "s.yaml", "--emit", "slurm"], "--emit and --json exclude each other"),
      (["demo", "--print"], "--print and --json exclude each other"),
    ] {
      let outcome = try Binary.martlet(command + ["--json"], in: directory)
      #expect(outcome?.code == 2 && outcome?.output == "", "\(command)")
      #expect(outcome?.errors.contains(fault) == true, "\(outcome?.errors ?? "")")
    }
  }
}
