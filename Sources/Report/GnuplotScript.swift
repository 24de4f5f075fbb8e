/// A figure in gnuplot's language: one text that holds the data too and draws to standard output.
///
/// Ranges and labels are given, so gnuplot decides nothing that its version could change.
package struct GnuplotScript: Sendable {
  /// What gnuplot makes of it.
  package enum Format: String, Sendable, CaseIterable {
    /// Scalable, for pages and papers.
    case svg
    /// Pixels.
    case png
    /// One page.
    case pdf
  }

  /// Where the picture is to stand.
  package enum Setting: Sendable {
    /// By itself: white ground, title and legend inside.
    case alone(Format)
    /// In a page that has title and legend as text.
    case page
  }

  package let text: String

  /// The script of `figure`, which must be `drawable`.
  package init(_ figure: Figure, _ setting: Setting) {
    let points = figure.series.flatMap(\.points).filter(\.y.isFinite)
    let x = Ticks(figure.x, points.map(\.x), fromZero: false, wanted: 6)
    let y = Ticks(figure.y, Self.heights(points), fromZero: true)
    var lines = Self.head(figure, setting)
    for (index, series) in figure.series.enumerated() {
      lines.append("$s\(index) << EOD")
      lines += series.points.map { Self.row($0, within: y) }
      lines.append("EOD")
    }
    lines += Self.axes(figure, x, y)
    lines.append("plot \\")
    lines.append(Self.plots(figure, marks: Self.scale(setting)).joined(separator: ", \\\n"))
    text = lines.joined(separator: "\n") + "\n"
  }

  /// `text` as a string of gnuplot's: nothing in single quotes has a meaning but the quote itself.
  ///
  /// Control characters, line breaks among them, and what XML forbids become blanks.
  package static func quoted(_ text: String) -> String {
    var result = "'"
    for scalar in text.unicodeScalars {
      switch scalar {
      case "'": result += "''"
      case "\n", "\t", "\u{2028}", "\u{2029}": result += " "
      case _ where Markup.isUnseen(scalar): result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "'"
  }

  /// `text` as the label of a tick, in which a per cent sign would ask for the position.
  package static func quotedLabel(_ text: String) -> String {
    quoted(text.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%"))
  }

  /// At most `count` characters of `text`.
  package static func clipped(_ text: String, _ count: Int) -> String {
    text.count <= count ? text : text.prefix(count - 1) + "…"
  }

  private static func head(_ figure: Figure, _ setting: Setting) -> [String] {
    var lines = ["set encoding utf8"]
    let ink: String
    switch setting {
    case .page:
      ink = "#101010"
      lines += [
        "set terminal svg size 440,290 noenhanced font 'sans-serif,14' dashlength 1", "unset key",
      ]
    case .alone(let format):
      ink = "#303030"
      let most = figure.series.map(\.name.count).max() ?? 0
      let columns = max(1, 90 / (min(most, 60) + 8))
      let named = figure.series.filter { !$0.name.isEmpty }.count
      let rows = (named + columns - 1) / columns
      let isKeyed = named > 1 || figure.series.contains { $0.style == .guide }
      let height = 440 + 22 * rows
      lines += [
        terminal(format, height: height),
        isKeyed
          ? "set key at screen 0.5, screen 0.01 bottom center horizontal Left reverse "
            + "maxcols \(columns) samplen 3" : "unset key",
        // gnuplot itself would let a key of several rows run into the label of the axis.
        "set bmargin \(isKeyed ? 4 + Double(rows) * 1.1 : 3.5)",
        "set title \(quoted(clipped(figure.title, 110))) textcolor rgb '\(ink)'",
      ]
    }
    lines += [
      "set border 3 linecolor rgb '#808080'",
      "set grid linetype 1 linecolor rgb '#E0E0E0' linewidth 1",
      "set xlabel \(quoted(clipped(figure.x.label, 70))) textcolor rgb '\(ink)'",
      "set ylabel \(quoted(clipped(figure.y.label, 44))) textcolor rgb '\(ink)'",
    ]
    return lines
  }

  private static func terminal(_ format: Format, height: Int) -> String {
    switch format {
    case .svg:
      "set terminal svg size 800,\(height) noenhanced font 'sans-serif,15' dashlength 1 "
        + "background rgb 'white'"
    case .png:
      "set terminal pngcairo size 1600,\(2 * height) noenhanced font 'sans-serif,22' "
        + "linewidth 2 dashlength 1 background rgb 'white'"
    case .pdf:
      "set terminal pdfcairo size 8,\(Double(height) / 100) noenhanced font 'sans-serif,14' "
        + "linewidth 1.4 dashlength 1 background rgb 'white'"
    }
  }

  /// A point, and the ends of its interval as far as the axis shows them; an empty line is a gap.
  private static func row(_ point: Figure.Point, within y: Ticks) -> String {
    guard point.y.isFinite else { return "" }
    guard point.halfWidth > 0 else { return "\(point.x) \(point.y)" }
    let low = max(y.low, point.y - point.halfWidth)
    let high = min(y.high, point.y + point.halfWidth)
    return "\(point.x) \(point.y) \(low) \(high - low)"
  }

  private static func axes(_ figure: Figure, _ x: Ticks, _ y: Ticks) -> [String] {
    let isTight = x.labels.map(\.text.count).reduce(0, +) > 60
    let isBars = figure.series.contains { $0.style == .bars } || !figure.x.categories.isEmpty
    return [
      figure.x.isLogarithmic ? "set logscale x" : "",
      figure.y.isLogarithmic ? "set logscale y" : "",
      "set xrange [\(x.low):\(x.high)]", "set yrange [\(y.low):\(y.high)]",
      isBars ? "set grid noxtics" : "",
      "set xtics nomirror scale 0.5 textcolor rgb '#505050' "
        + (isTight ? "rotate by 30 right " : "") + labels(x),
      "set ytics nomirror scale 0.5 textcolor rgb '#505050' " + labels(y),
    ].filter { !$0.isEmpty }
  }

  /// What the vertical axis must hold; an interval may reach beyond it, or two seeds with their
  /// wide intervals would hide the values.
  private static func heights(_ points: [Figure.Point]) -> [Double] {
    let values = points.map(\.y)
    guard let low = values.min(), let high = values.max() else { return [] }
    let reach = max(high - low, abs(high) * 0.2)
    let ends = points.filter { $0.halfWidth > 0 }.flatMap {
      [max($0.y - $0.halfWidth, low - reach), min($0.y + $0.halfWidth, high + reach)]
    }
    return values + ends.filter { low < 0 || $0 > 0 }
  }

  private static func labels(_ ticks: Ticks) -> String {
    let parts = ticks.labels.map { "\(quotedLabel(clipped($0.text, 24))) \($0.position)" }
    return "(\(parts.joined(separator: ", ")))"
  }

  /// How much larger marks must be said to be, for the same share of the picture.
  private static func scale(_ setting: Setting) -> Double {
    switch setting {
    case .alone(.png): 3
    case .alone(.pdf): 1.2
    case .alone(.svg), .page: 1
    }
  }

  private static func plots(_ figure: Figure, marks: Double) -> [String] {
    var plots: [String] = []
    let bars = figure.series.filter { $0.style == .bars }.count
    var bar = 0
    for (index, series) in figure.series.enumerated() {
      let look = Look(series.look)
      let (data, color) = ("$s\(index)", hex(Look.colors[look.color]))
      let title = series.name.isEmpty ? "notitle" : "title \(quoted(clipped(series.name, 60)))"
      let line = "linecolor rgb '\(color)' linewidth 2 dashtype \(dashes(look.dashes))"
      let mark = "pointtype \(look.mark) pointsize \(0.55 * marks)"
      switch series.style {
      case .line: plots.append("\(data) using 1:2 with lines \(line) \(title)")
      case .steps: plots.append("\(data) using 1:2 with steps \(line) \(title)")
      case .markedLine: plots.append("\(data) using 1:2 with linespoints \(line) \(mark) \(title)")
      case .points:
        plots.append(
          "\(data) using 1:2 with points linecolor rgb '\(color)' linewidth 1 pointtype "
            + "\(look.mark) pointsize \(0.4 * marks) \(title)")
      case .bars:
        let width = 0.8 / Double(bars)
        let shift = (Double(bar) - Double(bars - 1) / 2) * width
        bar += 1
        plots.append(
          "\(data) using ($1+\(shift)):2:(\(width * 0.9)) with boxes fillstyle solid noborder "
            + "linecolor rgb '\(color)' \(title)")
      case .guide:
        plots.append(
          "\(data) using 1:2 with lines linecolor rgb '#606060' linewidth 1.5 "
            + "dashtype \(dashes(Look.guideDashes(series.look))) \(title)")
      }
      if series.style != .bars, series.points.contains(where: { $0.halfWidth > 0 }) {
        plots.append(
          "\(data) using 1:3:(0):4 with vectors nohead linecolor rgb '\(color)' linewidth 1.5 "
            + "notitle")
      }
    }
    return plots
  }

  private static func dashes(_ lengths: [Int]) -> String {
    lengths.isEmpty ? "solid" : "(\(lengths.map { "\($0)" }.joined(separator: ",")))"
  }

  /// `#0067A5`.
  static func hex(_ color: (Int, Int, Int)) -> String {
    let digits = Array("0123456789ABCDEF")
    return [color.0, color.1, color.2].reduce("#") { text, part in
      text + String(digits[part >> 4]) + String(digits[part & 15])
    }
  }
}
