import Experiment
import Files
import Foundation
import Metrics
import TestSupport
import Testing
import Units
import Workload

@Suite struct TraceImitationTests {
  /// 400 requests in pairs: the second of each goes on where the first one ended.
  private static let chats: String = {
    var lines: [String] = []
    for i in 0..<400 {
      let pair = i / 2
      let blocks = i % 2 == 0 ? 3 + pair % 5 : 5 + pair % 5
      let ids = (0..<blocks).map { $0 == 0 ? 0 : 1 + 20 * pair + $0 }
      lines.append(
        #"{"timestamp": \#(i * i % 7 * 130 + 400 * i), "input_length": \#(512 * blocks), "#
          + #""output_length": \#(20 + i % 37), "hash_ids": \#(ids)}"#)
    }
    return lines.joined(separator: "\n") + "\n"
  }()

  private struct Answer: Decodable {
    struct Pair: Decodable {
      let original: Double?
      let synthetic: Double?
      let deviation: Double?
    }
    let requests: Int
    let format: String?
    let likeFormat: String
    let seed: Int
    let statistics: [String: Pair]
    let gapFits: [[String: JSONValue]]
    let warnings: [String]
  }

  private enum JSONValue: Decodable {
    case any
    init(from decoder: any Decoder) throws { self = .any }
  }

  private func martlet(
    _ line: String, in directory: TestDirectory
  ) throws -> Binary.Outcome {
    try #require(
      try Binary.martlet(line.split(separator: " ").map(String.init), in: directory))
  }

  @Test func `a trace like another is written, described and read again`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(Self.chats, to: "t.jsonl")
    let outcome = try martlet(
      "trace generate --like t.jsonl --seed 3 -o s.jsonl --json", in: directory)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let answer = try decoded(Answer.self, from: outcome.output)
    #expect(answer.requests == 400)
    #expect(answer.format == "martlet-jsonl")
    #expect(answer.likeFormat == "mooncake")
    #expect(answer.seed == 3)
    #expect(answer.warnings == [])
    #expect(!answer.gapFits.isEmpty)
    for key in [
      "mean_rate_rps", "gap_cv", "prompt_tokens_p50", "prompt_tokens_p90", "prompt_tokens_p99",
      "output_tokens_p50", "output_tokens_p90", "output_tokens_p99", "prefix_hit_ratio",
      "turns_mean", "sessions",
    ] {
      #expect(abs(try #require(answer.statistics[key]?.deviation, "\(key)")) < 0.1, "\(key)")
    }
    let info = try martlet("trace info s.jsonl", in: directory)
    #expect(info.code == 0)
    #expect(info.output.contains("requests      400 kept"))
    let text = try martlet("trace generate --like t.jsonl --report --requests 200", in: directory)
    #expect(text.code == 0)
    #expect(text.output.hasPrefix("like t.jsonl (format mooncake), seed 1: 200 requests\n"))
    for part in ["prefix hit ratio, infinite cache", "Kolmogorov-Smirnov", "weibull"] {
      #expect(text.output.contains(part))
    }
    let stream = try martlet(
      "trace generate --like t.jsonl --seed 3 --to jsonl -o -", in: directory)
    let file = try martlet("trace generate --like t.jsonl --seed 3 -o f.jsonl", in: directory)
    #expect(
      file.output.hasPrefix("wrote f.jsonl: 400 requests, 200 sessions, 1205 blocks\nlike t.jsonl"))
    #expect(
      stream.output == (try String(contentsOfFile: directory.path + "/s.jsonl", encoding: .utf8)))
  }

  @Test func `a duration and a rate make the number of requests`() throws {
    let directory = try TestDirectory()
    let path = try directory.write(Self.chats, to: "t.jsonl")
    let made = try TraceImitation(
      of: path, TraceImitation.Wish(duration: .init(100), rate: 5, seed: 1))
    #expect((480...500).contains(made.requests.count))
    #expect(made.requests.arrival.allSatisfy { $0.picoseconds < 100_000_000_000_000 })
    let slow = try TraceImitation(of: path, TraceImitation.Wish(duration: .init(60), seed: 1))
    // 399 gaps of 400 ms on the mean: 2.5 requests/s.
    #expect((120...160).contains(slow.requests.count))
  }

  @Test(arguments: [
    ("--like t.jsonl e.yaml -o s", "Error: an experiment and --like exclude each other"),
    ("-o s", "Error: Missing expected argument '<experiment>' or option '--like <trace>'"),
    ("--like t.jsonl --report --to csv", "Error: --to needs a file: --output <output>"),
    ("--like t.jsonl --report --force", "Error: --force needs a file: --output <output>"),
    ("--like t.jsonl", "Error: Missing expected argument '--output <output>'"),
    ("e.yaml --rate 3 -o s", "Error: --rate belongs to --like <trace>"),
    ("--like t.jsonl --set a=1 -o s", "Error: --set belongs to an experiment, not to --like"),
    ("--like t.jsonl --rate 0 -o s", "error: --rate: 0.0 must lie in 1e-9...1e12 requests/s"),
    ("--like t.jsonl --requests 0 -o s", "error: --requests: 0 must lie in 1...200000000"),
    (
      "--like t.jsonl --requests 5 --duration 5s -o s",
      "error: --duration: stands beside --requests; keep one of them"
    ),
    ("--like t.jsonl --duration 5 -o s", "error: --duration: \"5\" has no unit; write a number"),
    ("--like t.jsonl --to vidor -o s", "error: --to: unknown form \"vidor\""),
    ("--like t.jsonl --format azur -o s", "error: --format: unknown trace format \"azur\""),
    ("--like none.jsonl -o s", "error: none.jsonl: cannot be opened"),
    ("--like one.jsonl -o s", "error: one.jsonl: a trace of 1 request has no rate"),
  ])
  func `wrong use is refused and writes nothing`(line: String, fault: String) throws {
    let directory = try TestDirectory()
    _ = try directory.write(Self.chats, to: "t.jsonl")
    _ = try directory.write(
      #"{"timestamp": 0, "input_length": 5, "output_length": 5, "hash_ids": []}"#, to: "one.jsonl")
    let outcome = try martlet("trace generate \(line)", in: directory)
    #expect(outcome.code == 2)
    #expect(outcome.errors.hasPrefix(fault), "\(outcome.errors)")
    #expect(try directory.names == ["one.jsonl", "t.jsonl"])
  }

  @Test func `a format that leaves something out says so`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(Self.chats, to: "t.jsonl")
    let outcome = try martlet("trace generate --like t.jsonl --to vidur -o s.csv", in: directory)
    #expect(outcome.code == 0)
    #expect(outcome.errors.contains("format vidur has no prompt blocks; they are left out"))
    #expect(outcome.errors.contains("format vidur has no sessions; they are left out"))
  }
}
