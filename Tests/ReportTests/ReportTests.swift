import Files
import Foundation
import Report
import TestSupport
import Testing

@Suite struct ReportTests {
  private let columns = """
    point,seed,cluster.gpu,workload.rate,endpoint_type,p99_ttft_ms,median_tpot_ms,\
    output_throughput_per_gpu,verdict,status,error

    """

  private func page(_ directory: TestDirectory) throws -> String {
    String(decoding: try ReportPage(of: directory.path).bytes, as: UTF8.self)
  }

  @Test func `a run without rows has its numbers and a sentence for each plot`() throws {
    let header =
      "request_id,arrival_s,finish_s,input_len,ttft_ms,tpot_ms,e2el_ms,slo_met\n"
    let directory = try runDirectory([("requests.csv", header)])
    let page = try ReportPage(of: directory.path)
    let text = String(decoding: page.bytes, as: UTF8.self)
    #expect(page.figures == 0)
    #expect(page.kind == .run)
    #expect(text.contains("OVERLOADED"))
    #expect(text.contains("backlog slope 4 req/s"))
    #expect(text.contains("do not quote them"))
    #expect(text.contains("812.2"))
    #expect(text.contains("No request completed, so there is no distribution."))
    #expect(text.contains("timeseries.csv is not here"))
    // The wall-clock time differs between equal runs.
    #expect(!text.contains("wall_time_s"))
    #expect(text.contains("Not defined in this run: rtfx."))
  }

  @Test func `one request is drawn, and twice the same`() throws {
    guard hasGnuplot else { return print("skipped: there is no gnuplot") }
    let rows = """
      request_id,arrival_s,finish_s,input_len,ttft_ms,tpot_ms,e2el_ms,slo_met
      0,0,1.5,100,12.5,,1500,1

      """
    let directory = try runDirectory([("requests.csv", rows)])
    let first = try ReportPage(of: directory.path)
    #expect(first.figures == 5)
    #expect(first.empty.contains("Time per output token"))
    #expect(try first.bytes == ReportPage(of: directory.path).bytes)
  }

  @Test func `distributions leave the warm-up and what did not complete out, times show them`()
    throws
  {
    guard hasGnuplot else { return print("skipped: there is no gnuplot") }
    let config = """
      version: 1
      model: llama-3.1-8b
      cluster: {gpu: h100-80gb-sxm}
      workload: {generate: {requests: 5, arrivals: {process: poisson, rate: 1.0}, \
      input_tokens: {distribution: fixed, value: 8}, \
      output_tokens: {distribution: fixed, value: 2}}}
      slo: {ttft_ms: 30}

      """
    // One of the warm-up, three completed, one that was cut off after its first token.
    let rows = """
      request_id,arrival_s,finish_s,input_len,ttft_ms,tpot_ms,e2el_ms,slo_met,measured
      0,0,9,100,9000,5,9000,0,0
      1,1.5,2,100,10,5,500,1,1
      2,2,3,100,20,5,1000,1,1
      3,3,4,100,40,5,1000,0,1
      4,4,,100,7000,,,0,1

      """
    let directory = try runDirectory([
      ("requests.csv", rows), ("config.effective.yaml", config),
    ])
    let text = try page(directory)
    // The curve begins at the smallest of three values; the target splits them 2 : 1.
    #expect(text.contains("completed requests: 4 points, 0 to 100."))
    #expect(text.contains("target 30 ms: 66.67 % of completed requests"))
    #expect(text.contains("after the warm-up of 1 requests"))
    #expect(text.contains("With the warm-up, which ends at 1.5 s."))
  }

  @Test func `markup in names and settings is text on the page`() throws {
    let evil = "<script>alert('x')</script>"
    let directory = try runDirectory(
      label: evil, [("config.effective.yaml", "name: \"\(evil)\"\nnone: 1\n")])
    let text = try page(directory)
    #expect(!text.contains("<script"))
    #expect(text.contains("<h1>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;</h1>"))
    let sweep = try TestDirectory()
    _ = try sweep.write(
      columns + "0,1,\(evil),1,martlet,,,,,failed,\"\(evil), \"\"no\"\"\"\n", to: "sweep.csv")
    #expect(!(try page(sweep)).contains("<script"))
  }

  @Test func `a sweep has its seeds as an interval, its frontier and its failed points`() throws {
    guard hasGnuplot else { return print("skipped: there is no gnuplot") }
    let directory = try TestDirectory()
    _ = try directory.write(
      columns + """
        0,1,a,1,martlet,10,10,50,STABLE,ok,
        1,2,a,1,martlet,14,10,50,STABLE,ok,
        2,1,a,2,martlet,30,20,90,SATURATED,ok,
        3,1,b,2,martlet,40,25,80,STABLE,ok,
        4,1,b,4,martlet,,,,,failed,does not fit

        """, to: "sweep.csv")
    let text = try page(directory)
    // 12 ± t(0.975, 1) · √8 / √2.
    #expect(text.contains("12 ± 25.41"))
    #expect(text.contains("1 of 5 points did not run to their end"))
    #expect(text.contains("<td>does not fit</td>"))
    #expect(text.contains("1 point is SATURATED"))
    // 1000 / 20 tokens/s/user at 90: beats 1000 / 25 at 80; 1000 / 10 at 50 is on the frontier.
    let frontier = text.components(separatedBy: "Pareto frontier: no other")[2]
      .components(separatedBy: "</table>")[0]
    #expect(frontier.contains("<td class=\"n\">50</td><td class=\"n\">90</td>"))
    #expect(frontier.contains("<td class=\"n\">100</td><td class=\"n\">50</td>"))
    #expect(!frontier.contains("<td class=\"n\">80</td>"))
  }

  @Test(.timeLimit(.minutes(1)))
  func `a sweep of ten thousand lines or values takes no time to speak of and says what it cuts`()
    throws
  {
    guard hasGnuplot else { return print("skipped: there is no gnuplot") }
    // Speed falls as throughput rises: every point is on the frontier.
    let lines = (0..<10_000).map { i in
      "\(i),1,\("g\(i / 2)"),\(i % 2 + 1),martlet,\(i),\(10 + i),\(50 + i),STABLE,ok,\n"
    }
    let values = (0..<10_000).map { i in
      "\(i),1,a,\(i + 1),martlet,\(i),\(10 + i),\(50 + i),STABLE,ok,\n"
    }
    let names = (0..<10_000).map { i in
      "\(i),1,g\(i),1,martlet,\(i),\(10 + i),\(50 + i),STABLE,ok,\n"
    }
    for (rows, said) in [
      (lines, "12 of 5000 lines"), (values, "Points are means of neighbours, at most 240 a line."),
      (names, "The first 200 values of cluster.gpu; 9800 points have others."),
    ] {
      let directory = try TestDirectory()
      _ = try directory.write(columns + rows.joined(), to: "sweep.csv")
      var text = ""
      let time = try ContinuousClock().measure { text = try page(directory) }
      #expect(text.contains(said))
      #expect(text.contains("The first 300 of 10000; sweep.csv has all of them."))
      #expect(text.utf8.count < 2_000_000)
      #expect(time < .seconds(30))
    }
  }

  @Test func `a sweep in which all failed is a page all the same`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(columns + "0,1,a,1,martlet,,,,,failed,no\n", to: "sweep.csv")
    #expect(try ReportPage(of: directory.path).figures == 0)
  }

  @Test func `the table of a search is shown whole`() throws {
    let directory = try TestDirectory()
    _ = try directory.write("probe,rate\n1,2.345678\n2,<b>\n", to: "capacity.csv")
    let text = try page(directory)
    #expect(text.contains("Search for the capacity"))
    #expect(text.contains("<td>2.346</td>"))
    #expect(text.contains("<td>&lt;b&gt;</td>"))
  }

  @Test func `a directory without results says what it should hold`() throws {
    let directory = try TestDirectory()
    #expect(message { _ = try page(directory) }.contains("neither summary.json nor sweep.csv"))
    _ = try directory.write("{}", to: "sweep.json")
    #expect(message { _ = try page(directory) }.contains("martlet merge"))
    #expect(
      message { _ = try ReportPage(of: directory.path + "/none") }.contains("cannot be read"))
  }

  @Test func `the page goes beside the results and is not replaced without force`() throws {
    let directory = try runDirectory()
    let script = """
      "$0" report . && "$0" report .; echo $?
      "$0" report . --force --json; "$0" report . -o - | head -1
      """
    let outcome = try Binary.shell(script, in: directory)
    #expect(outcome?.output.contains("wrote ./report.html: 0 figures") == true)
    #expect(outcome?.output.contains("\n2\n{\n  \"file\": \"./report.html\",") == true)
    #expect(outcome?.output.hasSuffix("<!DOCTYPE html>\n") == true)
    #expect(outcome?.errors.contains("exists; name another file with --output") == true)
  }
}
