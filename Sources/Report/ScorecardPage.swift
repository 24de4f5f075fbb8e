package import Files

/// The page of a scorecard: what papers publish beside what was simulated.
package enum ScorecardPage {
  /// A claim.
  package struct Line: Sendable {
    package let names: [String]
    package let published: String
    /// The published ends; both are the same where only one is known.
    package let ends: ClosedRange<Double>?
    package let simulated: Double?
    package let quotient: Double?
    package let verdict: String
    package let source: String
    package let scenario: String
    package let remark: String

    /// A claim whose `names` are system, claim and metric.
    package init(
      names: [String], published: String, ends: ClosedRange<Double>?, simulated: Double?,
      quotient: Double?, verdict: String, source: String, scenario: String, remark: String
    ) {
      self.names = names
      self.published = published
      self.ends = ends
      self.simulated = simulated
      self.quotient = quotient
      self.verdict = verdict
      self.source = source
      self.scenario = scenario
      self.remark = remark
    }
  }

  /// Simulated figures over the middle of the published ones: 1 is agreement.
  package static func figure(_ lines: [Line]) -> Figure {
    var (published, simulated): ([Figure.Point], [Figure.Point]) = ([], [])
    var names: [String] = []
    for line in lines {
      guard let ends = line.ends, let value = line.simulated, value.isFinite else { continue }
      let middle = (ends.lowerBound + ends.upperBound) / 2
      guard middle > 0 else { continue }
      let x = Double(names.count)
      names.append("\(names.count + 1)")
      let half = (ends.upperBound - ends.lowerBound) / 2 / middle
      published.append(Figure.Point(x, 1, halfWidth: half))
      simulated.append(Figure.Point(x, value / middle))
    }
    return Figure(
      "Published and simulated figures",
      x: Figure.Axis("claims that ran, in the order of the table", categories: names),
      y: Figure.Axis("figure / middle of the published range"),
      series: [
        Figure.Series("published", .points, published, look: 5),
        Figure.Series("simulated", .points, simulated, look: 1),
      ],
      notes: ["Bars are published ranges; claims that did not run are left out."])
  }

  /// The page: a table, the drawing, and for every row that is near or off what is missing.
  ///
  /// - Throws: `ConfigError` when gnuplot is missing.
  package static func page(
    _ lines: [Line], summary: String, draws: Bool = true
  ) throws(ConfigError) -> [UInt8] {
    var page = Page("Martlet scorecard")
    page.add("<header>\n<p class=\"kicker\">Martlet · scorecard</p>\n")
    page.add("<h1>Published and simulated</h1>\n")
    page.add(Markup.paragraph("\(summary).") + "</header>\n")
    if draws {
      let item = FigureItem(figure(lines), ifEmpty: "No claim has run.")
      try page.addFigures("At a glance", "", [item])
    }
    page.open("All claims")
    page.add(
      Markup.table(
        ["system", "claim", "metric", "published", "simulated", "quotient", "verdict", "source"],
        lines.map { line in
          line.names + [
            line.published, line.simulated.map(NumberWords.short) ?? "",
            line.quotient.map(NumberWords.short) ?? "", line.verdict, line.source,
          ]
        }, numbers: [3, 4, 5], caption: "Claims"))
    page.close()
    let wrong = lines.filter { ["near", "off"].contains($0.verdict) }
    page.open(
      "What is missing",
      wrong.isEmpty ? "Every gated row is in range." : "Rows that are near or off, and why.")
    page.add(remarks(wrong) + "\n")
    page.close()
    page.open("Set-ups", "The constants of the baselines' stacks, and what gates nothing and why.")
    page.add(remarks(lines.filter { !["near", "off"].contains($0.verdict) }))
    page.close()
    return page.bytes
  }

  private static func remarks(_ lines: [Line]) -> String {
    let rows = lines.filter { !$0.remark.isEmpty }.map { line in
      [line.names.prefix(2).joined(separator: ": "), line.verdict, line.scenario, line.remark]
    }
    guard !rows.isEmpty else { return "" }
    return Markup.table(["claim", "verdict", "scenario", "remark"], rows, caption: "Remarks")
  }
}
