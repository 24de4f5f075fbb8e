/// What gnuplot drew, as a part of a page: the page's colours and fonts, its own title and
/// description, no name that another drawing on the page could share.
package enum ThemedSVG {
  /// The drawing of `figure` that `bytes` hold, called `id`.
  ///
  /// gnuplot writes one element a line, which this relies on; what it does not know it keeps.
  package static func text(_ bytes: [UInt8], of figure: Figure, id: String) -> String {
    var result =
      "<svg viewBox=\"0 0 440 290\" role=\"img\" aria-labelledby=\"\(id)-t \(id)-d\">"
      + "<title id=\"\(id)-t\">\(Markup.escaped(figure.title))</title>"
      + "<desc id=\"\(id)-d\">\(Markup.escaped(description(of: figure)))</desc>\n"
    var isInside = false
    var isDefinition = false
    var kept: [String] = []
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let line = String(line)
      if line.hasPrefix("<g id=\"gnuplot_canvas\"") {
        isInside = true
        kept.append("<g>")
        continue
      }
      if line.hasPrefix("<defs>") { isDefinition = true }
      if line.hasPrefix("</defs>") {
        isDefinition = false
        continue
      }
      // The marks are in the page once, see `marks`.
      guard isInside, !isDefinition, !line.hasPrefix("<rect x=\"0\" y=\"0\"") else { continue }
      kept.append(themed(withoutTitle(line)))
    }
    result += withoutEmptyGroups(kept).joined(separator: "\n")
    return result + "\n"
  }

  /// The drawing by itself, `bytes`, with the figure's title and description in place of gnuplot's.
  package static func described(_ bytes: [UInt8], as figure: Figure) -> [UInt8] {
    var isHead = true
    var lines: [String] = []
    for line in String(decoding: bytes, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    {
      let line = String(line)
      if isHead, line.hasPrefix("<title>") {
        lines.append("<title>\(Markup.escaped(figure.title))</title>")
      } else if isHead, line.hasPrefix("<desc>") {
        lines.append("<desc>\(Markup.escaped(description(of: figure)))</desc>")
        isHead = false
      } else {
        // gnuplot leaves > as it is, and XML forbids it after two brackets.
        lines.append(replaced(withoutTitle(line), "]]>", "]]&gt;"))
      }
    }
    return Array(lines.joined(separator: "\n").utf8)
  }

  /// A list of the series with a sample of each.
  package static func legend(of figure: Figure) -> String {
    let named = figure.series.filter { !$0.name.isEmpty }
    guard named.count > 1 || named.contains(where: { $0.style == .guide }) else { return "" }
    var text = "<ul class=\"legend\">"
    for series in named {
      text += "<li>\(sample(of: series))\(Markup.escaped(series.name))</li>"
    }
    return text + "</ul>\n"
  }

  /// gnuplot's marks, to stand in a page once.
  package static let marks = """
    <svg width="0" height="0" class="marks" aria-hidden="true"><defs>
    <circle id="gpDot" r="0.5" stroke-width="0.5" stroke="currentColor"/>
    <circle id="gpPt6" r="1" fill="currentColor"/>
    <path id="gpPt4" fill="currentColor" d="M-1,-1 h2 v2 h-2 z"/>
    <path id="gpPt8" fill="currentColor" d="M0,-1.33 L-1.33,0.67 L1.33,0.67 z"/>
    <path id="gpPt10" fill="currentColor" d="M0,1.33 L-1.33,-0.67 L1.33,-0.67 z"/>
    <path id="gpPt12" fill="currentColor" d="M0,-1.41 L1.41,0 L0,1.41 L-1.41,0 z"/>
    <path id="gpPt14" fill="currentColor" d="M0,1.33 L1.265,0.411 L0.782,-1.067 L-0.782,-1.076 \
    L-1.265,0.411 z"/>
    </defs></svg>

    """

  private static func sample(of series: Figure.Series) -> String {
    let look = Look(series.look)
    let isGuide = series.style == .guide
    let color = isGuide ? "var(--guide)" : "var(--s\(look.color))"
    let dashes = isGuide ? Look.guideDashes(series.look) : look.dashes
    var text = "<svg class=\"sample\" viewBox=\"0 0 34 12\" aria-hidden=\"true\">"
    if series.style == .bars {
      text += "<rect x=\"4\" y=\"1\" width=\"26\" height=\"10\" fill=\"\(color)\"/>"
    } else if series.style != .points {
      let list = dashes.map { "\($0)" }.joined(separator: ",")
      let array = dashes.isEmpty ? "" : " stroke-dasharray=\"\(list)\""
      text += "<path d=\"M0,6 h34\" stroke=\"\(color)\" stroke-width=\"2\"\(array)/>"
    }
    if series.style == .points || series.style == .markedLine {
      text += "<use href=\"#gpPt\(look.mark - 1)\" transform=\"translate(17,6) scale(3.4)\" "
      text += "color=\"\(color)\"/>"
    }
    return text + "</svg>"
  }

  /// What a reader who does not see the drawing is told.
  static func description(of figure: Figure) -> String {
    var text = "\(figure.y.label) against \(figure.x.label)."
    for series in figure.series.prefix(12) {
      let values = series.points.map(\.y).filter(\.isFinite)
      guard let low = values.min(), let high = values.max() else { continue }
      let name = series.name.isEmpty ? "Values" : series.name
      let range = "\(NumberWords.short(low)) to \(NumberWords.short(high))"
      text += " \(name): \(values.count) points, \(low == high ? NumberWords.short(low) : range)."
    }
    return text
  }

  // MARK: - Lines

  /// The line without the title that gnuplot gives each series, which may hold text of a file.
  private static func withoutTitle(_ line: String) -> String {
    guard line.contains("<g id=\""), line.contains("<title>") else { return line }
    return "<g>"
  }

  private static let palette: [(from: String, to: String)] = {
    var pairs: [(String, String)] = []
    for (index, color) in Look.colors.enumerated() {
      pairs.append((spaced(color), "var(--s\(index))"))
      pairs.append((plain(color), "var(--s\(index))"))
    }
    for (gray, name) in [
      (0x10, "ink"), (0x50, "soft"), (0x60, "guide"), (0x80, "axis"), (0xE0, "grid"),
    ] {
      pairs.append((spaced((gray, gray, gray)), "var(--\(name))"))
      pairs.append((plain((gray, gray, gray)), "var(--\(name))"))
    }
    return pairs
  }()

  private static func plain(_ c: (Int, Int, Int)) -> String { "rgb(\(c.0),\(c.1),\(c.2))" }

  private static func spaced(_ color: (Int, Int, Int)) -> String {
    let parts = [color.0, color.1, color.2].map { part in
      String(repeating: " ", count: 3 - "\(part)".count) + "\(part)"
    }
    return "rgb(\(parts.joined(separator: ", ")))"
  }

  private static func themed(_ line: String) -> String {
    var line = replaced(line, " font-family=\"sans-serif\" font-size=\"14.00\" ", " ")
    line = replaced(line, "xlink:href", "href")
    line = replaced(line, " color=\"black\" stroke=\"currentColor\"", " stroke=\"currentColor\"")
    line = replaced(line, " stroke-linecap=\"butt\" stroke-linejoin=\"miter\"", "")
    guard line.contains("rgb(") else { return line }
    for (from, to) in palette { line = replaced(line, from, to) }
    return line
  }

  private static func replaced(_ line: String, _ from: String, _ to: String) -> String {
    guard let range = line.firstRange(of: from) else { return line }
    var result = String(line[..<range.lowerBound]) + to
    result += replaced(String(line[range.upperBound...]), from, to)
    return result
  }

  /// gnuplot opens a group for every change of pen, most of them empty.
  private static func withoutEmptyGroups(_ lines: [String]) -> [String] {
    var result: [String] = []
    for line in lines {
      if line == "</g>", let last = result.last, last.hasPrefix("<g "), last.hasSuffix(">"),
        !last.contains("</")
      {
        result.removeLast()
      } else {
        result.append(line)
      }
    }
    return result
  }
}
