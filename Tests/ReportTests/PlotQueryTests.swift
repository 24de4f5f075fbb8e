import Report
import TestSupport
import Testing

@Suite struct PlotQueryTests {
  private let table = """
    rate,gpu,seed,p99_ms,verdict
    1,a,1,10,STABLE
    1,a,2,14,STABLE
    2,a,1,,STABLE
    4,a,1,30,OVERLOADED
    4,b,1,20,STABLE

    """
  private let notes =
    #"{"t.csv": {"p99_ms": {"unit": "ms", "definition": "d", "population": "p"}}}"#

  private func answer(_ change: (inout PlotQuery) throws -> Void) throws -> PlotQuery.Answer {
    let directory = try TestDirectory()
    let path = try directory.write(table, to: "t.csv")
    _ = try directory.write(notes, to: "columns.json")
    var query = PlotQuery(x: "rate")
    query.y = ["p99_ms"]
    try change(&query)
    return try query.answer(readingFrom: path)
  }

  @Test func `rows that share x and group become a mean, an empty cell a gap`() throws {
    let figure = try answer { $0.by = ["gpu"] }.figure
    #expect(figure.series.map(\.name) == ["gpu a", "gpu b"])
    #expect(figure.series[0].points.map(\.x) == [1, 2, 4])
    #expect(figure.series[0].points[0].y == 12)
    // s = √8, t(0.975, 1) = 12.7062: 12.7062 · √8 / √2.
    #expect(abs(figure.series[0].points[0].halfWidth - 25.4124) < 1e-3)
    #expect(figure.series[0].points[1].y.isNaN)
    #expect(figure.y.label == "p99_ms (ms)")
    #expect(figure.notes.contains { $0.contains("Mean of 1 to 2 rows that share rate") })
  }

  @Test func `a long line is thinned and says so`() throws {
    let directory = try TestDirectory()
    let rows = (0..<3000).map { "\($0),\($0 % 7)\n" }.joined()
    let path = try directory.write("x,y\n" + rows, to: "long.csv")
    var query = PlotQuery(x: "x")
    query.y = ["y"]
    let figure = try query.answer(readingFrom: path).figure
    #expect(figure.series[0].points.count == 1000)
    #expect(figure.notes == ["Each point is the mean of neighbours: 1000 of 3000."])
  }

  @Test func `more bars than can be told apart are refused with what would be right`() throws {
    let directory = try TestDirectory()
    func said(_ rows: Int, by groups: Int) throws -> String {
      let lines = (0..<rows).map { "\($0 / groups),\($0 % groups),1\n" }.joined()
      let path = try directory.write("x,g,y\n" + lines, to: "bars.csv")
      var query = PlotQuery(x: "x")
      (query.y, query.by, query.kind) = (["y"], groups > 1 ? ["g"] : [], .bar)
      return message { _ = try query.answer(readingFrom: path) }
    }
    #expect(try said(500, by: 1) == "" && said(500, by: 2) == "")
    #expect(
      try said(502, by: 2)
        == "--kind: bar would draw 502 bars, one for each g, x; at most 500 can be told apart: "
        + "choose rows with --where, or --kind line or cdf")
    #expect(try said(501, by: 1).contains("501 bars, one for each x;"))
  }

  @Test func `text on the x axis becomes categories in the order of the file`() throws {
    let figure = try answer { $0.x = "gpu" }.figure
    #expect(figure.x.categories == ["a", "b"])
    #expect(figure.series[0].points.map(\.y) == [18, 20])
  }

  @Test func `filters compare numbers as numbers and text as text`() throws {
    func used(_ filters: String...) throws -> Int {
      try answer { query in query.filters = try filters.map { try RowFilter($0) } }.used
    }
    #expect(try used("rate>=2") == 3)
    #expect(try used("rate=1.0") == 2)
    #expect(try used("gpu!=b", "rate<4") == 3)
    #expect(try used("verdict=OVERLOADED") == 1)
  }

  @Test func `faults name the flag and what would be right`() throws {
    func said(_ change: (inout PlotQuery) throws -> Void) -> String {
      message { _ = try answer(change) }
    }
    #expect(said { $0.y = ["p99"] }.hasPrefix("--y: unknown column \"p99\""))
    #expect(said { $0.x = "rat" }.contains("(did you mean \"rate\"?)"))
    #expect(said { $0.by = ["gpus"] }.hasPrefix("--by: unknown column"))
    #expect(said { $0.y = ["gpu"] }.contains("holds text"))
    #expect(said { $0.y = [] }.hasPrefix("--y: is missing"))
    #expect(said { $0.kind = .cdf }.hasPrefix("--y: has no meaning"))
    #expect(said { $0.filters = [try RowFilter("rate=9")] }.contains("no row passes --where"))
    #expect(said { $0.filters = [try RowFilter("rate")] }.contains("compares nothing"))
    #expect(said { $0.filters = [try RowFilter("gpu<b")] }.contains("is no number"))
  }

  @Test func `the distribution of a column needs no y`() throws {
    let figure = try answer { query in
      (query.x, query.y, query.kind) = ("p99_ms", [], .cdf)
    }.figure
    #expect(figure.series[0].points.map(\.x) == [10, 10, 14, 20, 30])
    #expect(figure.series[0].points.map(\.y) == [0, 25, 50, 75, 100])
  }

  @Test func `numbers at the end of what a number can be are left out and counted`() throws {
    let directory = try TestDirectory()
    let path = try directory.write(
      "x,y\n1,1e308\n2,-1e308\n3,5\n1e308,4\n-1e308,4\n4,1e-320\n5,7\n", to: "far.csv")
    for kind in [PlotQuery.Kind.line, .scatter] {
      for isLogarithmic in [(false, false), (false, true), (true, true)] {
        var query = PlotQuery(x: "x")
        (query.y, query.kind, query.isLogarithmic) = (["y"], kind, isLogarithmic)
        let figure = try query.answer(readingFrom: path).figure
        #expect(figure.series[0].points.filter(\.y.isFinite).map(\.x) == [3, 5])
        #expect(figure.notes.contains { $0.hasPrefix("5 points are beyond 1e300") })
        #expect(!GnuplotScript(figure, .alone(.svg)).text.contains("inf"))
      }
    }
  }
}

/// `martlet plot` and the files that it names.
@Suite struct PlotFilesTests {
  @Test(arguments: [
    (["-o", "d.csv.svg", "--script", "d.csv"], "--script: d.csv is the table that is drawn"),
    (["-o", "n.svg", "--script", "n.svg"], "--script: n.svg is the picture, too"),
    (["-o", "n.svg", "--script", "./n.svg"], "--script: ./n.svg is the picture, too"),
  ])
  func `nothing is written over the table or twice in one place`(
    flags: [String], fault: String
  ) throws {
    let directory = try TestDirectory()
    _ = try directory.write("x,y\n1,2\n2,3\n", to: "d.csv")
    let arguments = ["plot", "d.csv", "--x", "x", "--y", "y", "--force"] + flags
    let outcome = try #require(try Binary.martlet(arguments, in: directory))
    #expect(outcome.code == 2 && outcome.errors.contains(fault), "\(outcome.errors)")
    #expect(try directory.names == ["d.csv"])
  }
}
