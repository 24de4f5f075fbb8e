import Files
import Foundation
import Studies
import TestSupport
import Testing

@Suite struct ScenarioTests {
  private struct Report: Decodable {
    struct Row: Decodable {
      let metric: String
      let ok: Bool
      let expected: String
    }
    let verdict: String
    let scenarios: Int
    let rows: [Row]
  }

  /// One client whose requests take 10 ms of prompt and 4 steps of 5 ms: 30 ms each.
  private let base = """
    base:
      model: llama-3-8b
      cluster: {gpu: a100-80gb-sxm}
      engine: {cost: {name: linear, prefill_token: 100 us, decode_step: 5 ms}}
      workload:
        generate:
          requests: 10
          arrivals: {process: closed, concurrency: 1}
          input_tokens: {distribution: fixed, value: 100}
          output_tokens: {distribution: fixed, value: 5}

    """

  private func report(_ lines: String) throws -> Report {
    let directory = try TestDirectory()
    let path = try directory.write(base + lines + "\n", to: "s.yaml")
    let report = try ScenarioReport(of: path, in: TestDirectory.pool)
    let json = try decoded(Report.self, from: report.json.text)
    #expect(report.isWorse == json.rows.contains { !$0.ok })
    return json
  }

  @Test(arguments: [
    ("mean_ttft_ms: 10", true), ("mean_ttft_ms: 10.1", false),
    ("mean_ttft_ms: {value: 10.1, within: 1%}", true),
    ("mean_ttft_ms: {value: 10.2, within: 1%}", false),
    ("mean_ttft_ms: {value: 10.2, within: 0.2001, why: a clock}", true),
    ("mean_ttft_ms: {value: 9.7, within: 0.2}", false), ("max_e2el_ms: '<= 30'", true),
    ("max_e2el_ms: '<= 29.9'", false), ("max_e2el_ms: '>= 30'", true),
    ("max_e2el_ms: '>= 30.1'", false), ("max_e2el_ms: {min: 29, max: 31}", true),
    ("max_e2el_ms: {max: 29}", false), ("max_e2el_ms: {min: 31}", false),
    ("verdict: STABLE", true), ("verdict: OVERLOADED", false), ("verdict: {value: STABLE}", true),
    ("completed: 10", true), ("seed: 1", true), ("request_goodput: '>= 0'", false),
  ])
  func `an expectation holds or it does not`(text: String, holds: Bool) throws {
    let report = try report("expect: {\(text)}")
    #expect(report.rows.map(\.ok) == [holds], "\(report.rows)")
    #expect(report.verdict == (holds ? "ok" : "wrong"))
  }

  @Test func `set lays keys over the base`() throws {
    let report = try report(
      "set: {engine.cost.decode_step: 10 ms}\nexpect: {max_e2el_ms: 50, mean_ttft_ms: 10}")
    #expect(report.rows.map(\.ok) == [true, true])
    #expect(try self.report("set: {seed: 5}\nexpect: {seed: 5}").rows.map(\.ok) == [true])
  }

  @Test func `a run that cannot be made fails its expectations`() throws {
    let report = try report("set: {model: llama-3.1-405b}\nexpect: {completed: 10}")
    #expect(report.rows.map(\.ok) == [false])
  }

  @Test(arguments: [
    ("expect: {mean_tttf_ms: 1}", "s.yaml:11: unknown metric \"mean_tttf_ms\" (did you mean"),
    ("expect: {wall_time_s: 1}", "unknown metric"), ("expect: {}", "write p99_ttft_ms"),
    ("expect: {failed: {value: 1, max: 2}}", "beside min or max"),
    (
      "expect: {failed: {within: 2%}}",
      "s.yaml:11: expect.failed has within and no value; write {value: 20.4, within: 2%}"
    ),
    (
      "expect: {failed: {}}",
      "s.yaml:11: expect.failed has neither value, min nor max; write {value: 20.4, within: 2%}, "
    ),
    ("expect: {failed: {value: [1]}}", "value is a list; write a number, or text such as STABLE"),
    ("expect: {failed: {value: 1, within: [2%]}}", "within is a list; write 2%, or an amount"),
    ("expect: {failed: [1]}", "failed is a list; write {value: 20.4, within: 2%}, "),
    ("expect: {failed: {min: 3, max: 2}}", "above"),
    ("expect: {failed: {value: 1, within: x}}", "no tolerance"),
    ("expect: {failed: {valu: 1}}", "unknown key \"valu\" (did you mean \"value\"?)"),
    ("expect: {failed: '<= x'}", "has no number"), ("expect: {failed: '< 3'}", "no bound"),
    ("expect: {failed: [1]}", "is a list"), ("expect: {verdict: {value: A, within: 1%}}", "within"),
    ("expects: {failed: 1}", "unknown key \"expects\""), ("set: {}", "expect is missing"),
    ("set: {engine.shceduler: x}\nexpect: {failed: 0}", "unknown key \"shceduler\""),
    ("set: {a..b: 2}\nexpect: {failed: 0}", "\"a..b\" is no key"),
    ("set: [1]\nexpect: {failed: 0}", "set is a list; write keys and values"),
  ])
  func `an expectation that means nothing is refused with its line`(
    text: String, fault: String
  ) throws {
    let message = message { _ = try report(text) }
    #expect(message.contains(fault), "\(message)")
    #expect(message.contains("s.yaml:") || fault == "expect is missing", "\(message)")
  }

  @Test func `a directory runs all of its scenarios, and one that fails exits with 1`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(base + "expect: {completed: 10}\n", to: "all/one.yaml")
    _ = try directory.write(base + "expect: {completed: 10, failed: 0}\n", to: "all/two.yaml")
    let right = try #require(try Binary.martlet(["compare", "all"], in: directory))
    #expect(right.code == 0, "\(right.errors)")
    #expect(right.output.hasSuffix("2 scenarios, all 3 expectations hold\n"))
    _ = try directory.write(
      base + "expect: {failed: {value: 3, why: someone said so}}\n", to: "all/three.yaml")
    let wrong = try #require(try Binary.martlet(["compare", "all", "--json"], in: directory))
    #expect(wrong.code == 1)
    #expect(try decoded(Report.self, from: wrong.output).scenarios == 3)
    let text = try #require(try Binary.martlet(["compare", "all/three.yaml"], in: directory))
    #expect(
      text.code == 1
        && text.output.split(separator: " ").joined(separator: " ").contains("failed 3 0 WRONG"))
    #expect(text.output.contains("because someone said so"))
    _ = try directory.write("", to: "empty/x")
    #expect(try Binary.martlet(["compare", "empty"], in: directory)?.code == 2)
  }

  @Test(.enabled(if: !isDebug, "skipped: 300,000 requests, release only"))
  func `every scenario of Workloads holds`() throws {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let directory = "/\(root)/Workloads/scenarios"
    let report = try ScenarioReport(of: directory, in: TestDirectory.pool)
    let files = try FileManager.default.contentsOfDirectory(atPath: directory)
    #expect(report.text.contains("\(files.count { $0.hasSuffix(".yaml") }) scenarios"))
    #expect(!report.isWorse, "\(report.text)")
  }
}
