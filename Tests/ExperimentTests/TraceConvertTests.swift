import Foundation
import TestSupport
import Testing

/// `martlet trace convert` as scripts meet it.
@Suite struct TraceConvertTests {
  private let experiment = """
    model: llama-3-8b
    cluster: {gpu: a100-80gb-sxm}
    engine: {kv_pool_tokens: 4000}
    workload: {trace: TRACE}
    """
  private let rows = """
    {"block_size":16,"hash_id_scope":"local","requests":[
    {"t":0.1,"in":40,"out":9,"hash_ids":[1,2],"api_time":1},
    {"t":2.25,"in":70,"out":0,"hash_ids":[1,2,3,4],"think_time":1.5}]}
    {"block_size":16,"hash_id_scope":"local","requests":[{"t":0,"in":33,"out":70,"hash_ids":[1,2]},
    {"t":0.0005,"in":0,"out":70}]}
    """

  /// What a run on `trace` writes, paths, hashes and wall time left out.
  private func result(
    of trace: String, in directory: TestDirectory
  ) throws -> (requests: String, summary: [Substring]) {
    let name = trace.replacingOccurrences(of: ".", with: "-")
    let yaml = experiment.replacingOccurrences(of: "TRACE", with: trace)
    _ = try directory.write(yaml, to: "\(name).yaml")
    let outcome = try #require(
      try Binary.martlet(
        ["run", "\(name).yaml", "--quiet", "--out", "\(name)-out"], in: directory))
    #expect(outcome.code == 0, "\(outcome.errors)")
    func text(_ file: String) throws -> String {
      try String(contentsOfFile: "\(directory.path)/\(name)-out/\(file)", encoding: .utf8)
    }
    let summary = try text("summary.json").split(separator: "\n").filter { line in
      !["wall_time_s", "trace_hash", "config_hash", "\"label\""].contains { line.contains($0) }
    }
    return (try text("requests.csv"), summary)
  }

  @Test func `a converted trace runs to the same result, as CSV and as JSON lines`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(rows, to: "sessions.json")
    for (file, blocks) in [("a.csv", 6), ("b.jsonl", 6)] {
      let outcome = try #require(
        try Binary.martlet(["trace", "convert", "sessions.json", "-o", file], in: directory))
      #expect(outcome.code == 0)
      #expect(outcome.output == "wrote \(file): 3 requests, 2 sessions, \(blocks) blocks\n")
      #expect(outcome.errors.contains("in is 0 (1 row dropped)"))
    }
    let expected = try result(of: "sessions.json", in: directory)
    for file in ["a.csv", "b.jsonl"] {
      let found = try result(of: file, in: directory)
      #expect(found.requests == expected.requests)
      #expect(found.summary == expected.summary)
    }
    let again = try #require(
      try Binary.martlet(["trace", "convert", "b.jsonl", "-o", "-", "--to", "csv"], in: directory))
    #expect(
      again.output == (try String(contentsOfFile: "\(directory.path)/a.csv", encoding: .utf8)))
    #expect(again.errors.isEmpty)
  }

  @Test func `JSON tells what was read, and files are not replaced by accident`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(rows, to: "sessions.json")
    let convert = ["trace", "convert", "sessions.json", "-o", "a.csv", "--json"]
    let outcome = try #require(
      try Binary.martlet(convert + ["--session-gap", "0 s", "--limit", "2"], in: directory))
    struct Answer: Decodable {
      let file: String
      let format: String
      let requests: Int
      let sessions: Int
      let blocks: Int
      let sourceFormat: String
      let rowsRead: Int
    }
    let answer = try decoded(Answer.self, from: outcome.output)
    #expect(answer.file == "a.csv" && answer.format == "martlet")
    #expect(answer.sourceFormat == "weka")
    #expect(answer.requests == 2 && answer.sessions == 2 && answer.blocks == 4)
    #expect(answer.rowsRead == 3)
    let again = try #require(try Binary.martlet(convert, in: directory))
    #expect(again.code == 2)
    #expect(again.errors.hasPrefix("error: a.csv: exists; "))
    #expect(try Binary.martlet(convert + ["--force"], in: directory)?.code == 0)
    for (flags, fault) in [
      (["--to", "cvs", "--force"], "unknown form \"cvs\" (did you mean \"csv\"?)"),
      (["--format", "wekka", "--force"], "unknown trace format \"wekka\""),
      (["--session-gap", "1 GB", "--force"], "--session-gap"),
      (["--speedup", "0", "--force"], "speedup 0.0 must"),
    ] {
      let bad = try #require(try Binary.martlet(convert + flags, in: directory))
      #expect(bad.code == 2)
      #expect(bad.errors.contains(fault), "\(bad.errors)")
    }
  }

  @Test func `texts run at a Poisson rate of the experiment's seed, or all at once`() throws {
    let directory = try TestDirectory()
    let prompts = (0..<20).map { "{\"prompt\":\"prompt \($0)\",\"output_tokens\":5}\n" }
    _ = try directory.write(prompts.joined(), to: "prompts.jsonl")
    let convert = ["trace", "convert", "prompts.jsonl", "-o", "-"]
    let once = try #require(try Binary.martlet(convert, in: directory))
    let arrivals = once.output.split(separator: "\n").dropFirst().map {
      $0.split(separator: ",")[1]
    }
    #expect(arrivals.count == 20 && arrivals.allSatisfy { $0 == "0.000000000000" })
    let one = try Binary.martlet(convert + ["--rate", "2"], in: directory)?.output
    let two = try Binary.martlet(convert + ["--rate", "2", "--seed", "2"], in: directory)?.output
    #expect(one != two && one != once.output)
    let yaml =
      "seed: 2\n" + experiment.replacingOccurrences(of: "TRACE", with: "prompts.jsonl, rate: 2")
    _ = try directory.write(yaml, to: "run.yaml")
    let generated = try Binary.martlet(
      ["trace", "generate", "run.yaml", "-o", "-", "--to", "csv"], in: directory)?.output
    #expect(generated == two)
  }

  @Test func `keys of the experiment say what the flags say`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(rows, to: "sessions.json")
    let yaml = experiment.replacingOccurrences(
      of: "TRACE", with: "sessions.json, session_gap: 2 s")
    _ = try directory.write(yaml, to: "run.yaml")
    let generated = try Binary.martlet(["trace", "generate", "run.yaml", "-o", "-"], in: directory)
    let converted = try Binary.martlet(
      ["trace", "convert", "sessions.json", "-o", "-", "--session-gap", "2 s"], in: directory)
    #expect(generated?.output == converted?.output)
    #expect(generated?.output.contains("\n1,1.900000000000,33,70,1,,,16,") == true)
    let outcome = try Binary.martlet(
      ["run", "run.yaml", "--quiet", "--out", "out"], in: directory)
    #expect(outcome?.code == 0)
    let effective = try String(
      contentsOfFile: "\(directory.path)/out/config.effective.yaml", encoding: .utf8)
    #expect(effective.contains("session_gap: 2 s\n"))
    _ = try directory.write("{\"prompt\":\"one two three\",\"output_tokens\":5}\n", to: "t.jsonl")
    let texts = experiment.replacingOccurrences(
      of: "TRACE", with: "t.jsonl, characters_per_token: 3.5")
    _ = try directory.write(texts, to: "texts.yaml")
    let run = try Binary.martlet(["run", "texts.yaml", "--quiet", "--out", "texts"], in: directory)
    #expect(run?.code == 0)
    let kept = try String(
      contentsOfFile: "\(directory.path)/texts/config.effective.yaml", encoding: .utf8)
    #expect(kept.contains("characters_per_token: 3.5\n"))
  }
}
