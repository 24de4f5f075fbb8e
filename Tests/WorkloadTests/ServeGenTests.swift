import Foundation
import Metrics
import TestSupport
import Testing
import Units

@testable import Workload

@Suite struct ServeGenTests {
  /// A directory with the files of some clients.
  private final class Data {
    let directory: TestDirectory
    var path: String { directory.path }

    /// `windows` and `lengths` by the number of the client; nil lengths are no file.
    init(_ clients: [(windows: String, lengths: String?)], folder: String = "language/m") throws {
      directory = try TestDirectory()
      for (number, client) in clients.enumerated() {
        _ = try directory.write(client.windows, to: "\(folder)/chunk-\(number)-trace.csv")
        guard let lengths = client.lengths else { continue }
        _ = try directory.write(lengths, to: "\(folder)/chunk-\(number)-dataset.json")
      }
    }

    func draw(_ span: ServeGen.Span, seed: UInt64 = 1) throws -> Trace {
      try ServeGen(at: path).generate(span, seed: seed)
    }

    /// What reading or drawing is refused with, without the directory.
    func refusal(_ span: ServeGen.Span = .init(), model: String? = nil) -> String {
      message { _ = try ServeGen(at: path, model: model).generate(span, seed: 1) }
        .replacingOccurrences(of: path, with: "data")
    }
  }

  private static func lengths(
    _ input: String = "{10: 1.0}", _ output: String = "{5: 1.0}"
  ) -> String {
    """
    {
      "0": {
        "input_tokens": "\(input)",
        "output_tokens": "\(output)"
      }
    }
    """
  }

  private func gaps(_ trace: Trace) -> [Double] {
    zip(trace.requests.arrival, trace.requests.arrival.dropFirst()).map {
      Double($1 - $0) * 1e-12
    }
  }

  private func cv(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1)).squareRoot() / mean
  }

  @Test func `a window has as many requests as its rate says, and all clients their sum`() throws {
    let lengths = Self.lengths()
    let data = try Data([
      ("0,0.5,1,Gamma,1,2\n600,0,0,,0,0\n1200,0.25,1,Gamma,1,4\n", lengths),
      ("0,2,1,,0,0\r\n600,1,1,Weibull,1,1\r\n1200,0,0,,0,0", lengths),
    ])
    let trace = try data.draw(.init(duration: 1800))
    var counts = [0, 0, 0]
    for time in trace.requests.arrival { counts[Int(time.picoseconds / 600_000_000_000_000)] += 1 }
    #expect(counts == [300 + 1200, 600, 150])
    #expect(trace.report.warnings == [])
    #expect(trace.report.format == "servegen")
    #expect(zip(trace.requests.arrival, trace.requests.arrival.dropFirst()).allSatisfy(<=))
    #expect(try ServeGen(at: data.path).expected(in: .init(duration: 1800)) == 2250)
  }

  @Test func `gaps have the coefficient of variation of their distribution`() throws {
    // 24,000 gaps of mean 1/40 s: a window each.
    for (row, expected) in [
      ("Gamma,4,0.00625", 0.5), ("Gamma,0.5,0.05", 2.0.squareRoot()), (",0,0", 1),
      (
        "Weibull,0.7,\(0.025 / tgamma(1 + 1 / 0.7))",
        (tgamma(1 + 2 / 0.7) / (tgamma(1 + 1 / 0.7) * tgamma(1 + 1 / 0.7)) - 1).squareRoot()
      ),
    ] {
      let trace = try Data([("0,40,1,\(row)\n", Self.lengths())]).draw(.init(duration: 600))
      #expect(trace.requests.count == 24_000)
      let gaps = gaps(trace)
      #expect(abs(cv(gaps) - expected) < 0.05 * expected, "\(row)")
      #expect(abs(gaps.reduce(0, +) - 600) < 3)
    }
  }

  @Test func `gaps shorter than the rate says lie in a part of the window`() throws {
    // 600 requests of mean gap 0.01 s: six of 600 seconds.
    let data = try Data([("0,1,1,Gamma,1,0.01\n", Self.lengths())])
    var starts: [Double] = []
    for seed in 1...20 {
      let arrival = try data.draw(.init(duration: 600), seed: UInt64(seed)).requests.arrival
      #expect(arrival.count == 600)
      #expect(try #require(arrival.last) - arrival[0] < 6_000_000_000_000)
      #expect(try #require(arrival.last) - arrival[0] > 5_500_000_000_000)
      starts.append(Double(arrival[0].picoseconds) * 1e-12)
    }
    // It begins anywhere in 594 s: the mean of 20 lies within 4.5 standard errors of the middle.
    let mean = starts.reduce(0, +) / 20
    #expect(abs(mean - 297) < 4.5 * 594 / (12.0 * 20).squareRoot())
  }

  @Test func `tokens are as frequent as the file says`() throws {
    let lengths = Self.lengths("{10: 0.5, 20: 0.3, 30: 0.2}", "{1: 0.25, 7: 0.75}")
    let trace = try Data([("0,20,1,Gamma,1,0.05\n", lengths)]).draw(.init(duration: 600))
    func chiSquare(_ column: [Int32], _ shares: [(Int32, Double)]) -> Double {
      #expect(Set(column) == Set(shares.map(\.0)))
      return shares.reduce(0) { sum, share in
        let expected = share.1 * Double(column.count)
        let found = Double(column.count { $0 == share.0 })
        return sum + (found - expected) * (found - expected) / expected
      }
    }
    // Exceeded once in 10,000 with 2 and with 1 degrees of freedom.
    #expect(chiSquare(trace.prompts, [(10, 0.5), (20, 0.3), (30, 0.2)]) < 18.4)
    #expect(chiSquare(trace.outputs, [(1, 0.25), (7, 0.75)]) < 15.1)
  }

  @Test func `a prompt is all its kinds of tokens, items as often as they are counted`() throws {
    let lengths = """
      {"0": {"text_tokens": "{5: 1.0}", "image_tokens": "{100: 0.5, 200: 0.5}",
        "audio_tokens": "{0: 1.0}", "video_tokens": "{}", "image_count": "{0: 0.25, 2: 0.75}",
        "audio_count": "{0: 1.0}", "video_count": "{0: 1.0}", "output_tokens": "{0: 0.5, 9: 0.5}",
        "reason_ratio": "{1: 1.0}"}}
      """
    let data = try Data([("0,20,1,,0,0\n", lengths)], folder: "multimodal/m")
    let trace = try data.draw(.init(duration: 600))
    #expect(Set(trace.prompts) == [5, 205, 305, 405])
    // 12,000 requests: standard errors of 47 and 42.
    #expect(abs(trace.prompts.count { $0 == 5 } - 3000) < 215)
    #expect(abs(trace.prompts.count { $0 == 205 } - 2250) < 190)
    #expect(Set(trace.outputs) == [1, 9])
    let raised = trace.outputs.count { $0 == 1 }
    #expect(
      trace.report.warnings.map { $0.replacingOccurrences(of: data.path, with: "data") } == [
        "data: \(raised) requests had 0 prompt or output tokens: now 1",
        "data: reason_ratio are not used: output_tokens count them",
      ])
  }

  @Test func `rates are scaled to the one that is asked for`() throws {
    let data = try Data([
      ("0,3,1,Gamma,0.5,0.6667\n", Self.lengths()), ("0,1,1,Gamma,2,0.5\n", Self.lengths()),
    ])
    #expect(try data.draw(.init(duration: 600, rate: 8)).requests.count == 4800)
    let few = try data.draw(.init(duration: 600, rate: 0.0157)).requests
    // 7.065 and 2.355 requests: one more of each by chance.
    #expect((9...11).contains(few.count))
    #expect(try data.draw(.init(duration: 300)).requests.count != 0)
  }

  @Test func `other clients and another stretch of time change nothing of a window`() throws {
    let rows = "0,2,1,Gamma,0.5,1\n600,1,1,Weibull,0.8,0.9\n1200,1,1,,0,0\n"
    let lengths = Self.lengths("{10: 0.5, 20: 0.5}", "{5: 0.5, 6: 0.5}")
    let (alone, both) = (
      try Data([(rows, lengths)]),
      try Data([(rows, lengths), ("0,1,1,,0,0\n600,0.5,1,,0,0\n", lengths)])
    )
    let all = try alone.draw(.init(duration: 1800)).requests
    let part = try alone.draw(.init(start: 300, duration: 1000)).requests
    let from = try #require(all.arrival.firstIndex { $0.picoseconds >= 300_000_000_000_000 })
    let expected = all.arrival[from...].map { Double($0.picoseconds) * 1e-12 - 300 }
      .filter { $0 < 1000 }
    #expect(part.count == expected.count)
    #expect(
      zip(part.arrival, expected).allSatisfy { abs(Double($0.picoseconds) * 1e-12 - $1) < 1e-9 })
    #expect(part.prompt == Array(all.prompt[from..<(from + part.count)]))
    // The busiest of two is the first.
    let busiest = try both.draw(.init(duration: 1800, clients: 1)).requests
    #expect(busiest.arrival == all.arrival)
    #expect(busiest.output == all.output)
    #expect(try both.draw(.init(duration: 1800)).requests.count == all.count + 900)
    #expect(try alone.draw(.init(duration: 1800), seed: 2).requests.arrival != all.arrival)
  }

  @Test func `clients without lengths are left out, hours without take others`() throws {
    let late = """
      {"0": {"input_tokens": "{}", "output_tokens": "{}"},
       "21600": {"input_tokens": "{77: 1.0}", "output_tokens": "{5: 1.0}"}}
      """
    let data = try Data([
      ("0,1,1,,0,0\n", late), ("0,2,1,,0,0\n", nil), ("0,1,1,,0,0\n", "{}"),
    ])
    let trace = try data.draw(.init(duration: 600))
    #expect(trace.prompts == Array(repeating: 77, count: 600))
    #expect(
      trace.report.warnings.map { $0.replacingOccurrences(of: data.path, with: "data") } == [
        "data: 600 requests have the lengths of another time: their client has none for theirs",
        "data: 2 clients have no lengths and are left out, with 75.0 % of the requests of that "
          + "time",
      ])
    let cut = try data.draw(.init(start: 300, duration: 600))
    #expect(
      cut.report.warnings.contains {
        $0.hasSuffix("language/m ends at 600.0 s; nothing arrives in the last 300.0 s")
      })
    #expect(
      data.refusal(.init(start: 600))
        == "data: language/m has no requests from 600.0 s to 4200.0 s; clients with lengths ask "
        + "from 0.0 s to 0.0 s")
  }

  @Test(arguments: [
    ("0,1,1,Gamma,1\n", "trace.csv:1: has 5 fields; write start,rate,cv,pattern,shape,scale"),
    ("0,0,0,,0,0\n600,x,1,,0,0\n", #"trace.csv:2: rate "x" is no number from 0"#),
    ("0,-1,1,,0,0\n", #"trace.csv:1: rate "-1" is no number from 0"#),
    (
      "0,1,1,gamma,1,1\n",
      #"trace.csv:1: unknown pattern "gamma"; known: Gamma, Weibull, or nothing"#
    ),
    ("0,1,1,Gamma,0,1\n", "trace.csv:1: shape 0.0 and scale 1.0 must be above 0"),
    (
      "0,1,1,,0,0\n600,1,1,,0,0\n1800,1,1,,0,0\n",
      "trace.csv:3: window 1800.0 does not follow 600.0 by 600.0 s"
    ),
    ("\n", "trace.csv: has no windows"),
  ])
  func `malformed windows are named by file and line`(rows: String, fault: String) throws {
    #expect(
      try Data([(rows, Self.lengths())]).refusal() == "data/language/m/chunk-0-\(fault)")
  }

  @Test(arguments: [
    (
      "{\n\"0\": {\n\"input_tokens\": \"{1 0.5}\"}}",
      #"3: the distribution "{1 0.5}" is no {tokens: share, …}"#
    ),
    (
      "{\"0\": {\"input_tokens\": \"{-1: 0.5}\"}}",
      #"1: the distribution "{-1: 0.5}" is no {tokens: share, …}"#
    ),
    (
      "{\"0\": {\"input_tokens\": \"{1: 0.5\"}}",
      #"1: the distribution "{1: 0.5" is no {tokens: share, …}"#
    ),
    (
      "{\"0\": {\n\n\"inputs\": \"{}\"}}",
      #"3: unknown key "inputs"; known: input_tokens, text_tokens, image_tokens, audio_tokens, "#
        + "video_tokens, image_count, audio_count, video_count, output_tokens"
    ),
    ("{\"x\": {}}", #"1: the window's start "x" is not a number"#),
    ("{\n\"0\": {\n", "3: the line ends inside its JSON object"),
    ("[]", #"1: invalid JSON at "[]""#),
  ])
  func `malformed lengths are named by file and line`(text: String, fault: String) throws {
    #expect(
      try Data([("0,1,1,,0,0\n", text)]).refusal()
        == "data/language/m/chunk-0-dataset.json:\(fault)")
  }

  @Test func `an archive gives what its directory gives, and a model is chosen by name`() throws {
    let data = try Data([("0,1,1,,0,0\n", Self.lengths())])
    let plain = try data.draw(.init(duration: 600))
    let home = try TestDirectory()
    _ = try Binary.shell("tar czf all.tar.gz -C '\(data.path)' .", in: home)
    let packed = try ServeGen(at: home.path + "/all.tar.gz")
    #expect(packed.name == "language/m")
    let trace = try packed.generate(.init(duration: 600), seed: 1)
    #expect(trace.requests.arrival == plain.requests.arrival)
    #expect(trace.report.contentHash == plain.report.contentHash)
    _ = try data.directory.write("0,1,1,,0,0\n", to: "reason/r1/chunk-3-trace.csv")
    #expect(
      data.refusal()
        == "data: holds several models; choose one with category and model: language/m, reason/r1")
    #expect(data.refusal(model: "n") == "data: has no n; known: language/m, reason/r1")
    #expect(
      data.refusal(model: "m") == "data: language/m has no requests from 0.0 s to 3600.0 s"
        || data.refusal(model: "m").isEmpty)
    #expect(
      message { _ = try ServeGen(at: home.path) }
        .hasSuffix("holds no clients of ServeGen: files chunk-N-trace.csv and chunk-N-dataset.json")
    )
  }

  @Test func `the multimodal archive gives as many requests as its rates say`() throws {
    guard let path = sharedTrace("servegen_multimodal_mm-image.tar.gz") else { return }
    let data = try ServeGen(at: path)
    #expect(data.name == "multimodal/mm-image")
    // Σ rate · 600 of all clients, by Python.
    #expect(abs(try data.expected(in: .init(duration: 86_400)) - 818_610) < 1e-3)
    let span = ServeGen.Span(start: 7200, duration: isDebug ? 600 : 7200)
    let trace = try data.generate(span, seed: 1)
    #expect(abs(Double(trace.requests.count) - (try data.expected(in: span))) < 1e-3)
    #expect(trace.report.warnings.isEmpty)
  }

  @Test func `the language archive leaves out five clients and more than half its requests`() throws
  {
    guard !isDebug, let path = sharedTrace("servegen_language_m-small.tar.gz") else { return }
    let data = try ServeGen(at: path)
    let span = ServeGen.Span(duration: 14 * 86_400, rate: 0.02)
    let trace = try data.generate(span, seed: 1)
    // 0.02 · 14 d, each of up to 2,016 · 38 windows rounded by chance.
    #expect(abs(Double(trace.requests.count) - 24_192) < 4.5 * 24_192.0.squareRoot())
    // 807,009,008 of 1,420,558,786 requests, by Python.
    #expect(
      trace.report.warnings.contains {
        $0.hasSuffix(
          "5 clients have no lengths and are left out, with 56.8 % of the requests of "
            + "that time")
      })
  }
}
