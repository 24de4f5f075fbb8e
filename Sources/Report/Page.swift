package import Files

/// One HTML file that asks for nothing else: sections of text, tables and drawings.
package struct Page {
  private let title: String
  private var body = ""
  private var drawn = 0
  /// Figures that hold a drawing.
  package private(set) var figures = 0
  /// Titles of figures that had nothing to draw.
  package private(set) var empty: [String] = []
  /// Looks of the drawings: how a figure becomes SVG, replaced in tests.
  private let draw: (GnuplotScript) throws(ConfigError) -> [UInt8]

  /// An empty page.
  package init(
    _ title: String,
    draw: @escaping (GnuplotScript) throws(ConfigError) -> [UInt8] = {
      (script) throws(ConfigError)
      in try Gnuplot.draw(script)
    }
  ) {
    self.title = title
    self.draw = draw
  }

  /// Adds markup.
  package mutating func add(_ markup: String) { body += markup }

  /// Begins a section.
  package mutating func open(_ heading: String, _ lead: String = "") {
    body += "<section>\n<h2>\(Markup.escaped(heading))</h2>\n"
    if !lead.isEmpty { body += Markup.paragraph(lead, of: "lead") }
  }

  /// Ends a section.
  package mutating func close() { body += "</section>\n" }

  /// A section with a grid of figures, and markup as the last of them; a figure without points is
  /// replaced by its sentence.
  package mutating func addFigures(
    _ heading: String, _ lead: String = "", _ items: [FigureItem], beside markup: String = ""
  ) throws(ConfigError) {
    guard !items.isEmpty else { return }
    open(heading, lead)
    body += "<div class=\"grid\">\n"
    for item in items { try add(item) }
    if !markup.isEmpty { body += "<div class=\"side\">\(markup)</div>\n" }
    body += "</div>\n"
    close()
  }

  private mutating func add(_ item: FigureItem) throws(ConfigError) {
    let figure = item.figure
    body += "<figure>\n<h3>\(Markup.escaped(figure.title))</h3>\n"
    defer { body += "</figure>\n" }
    guard let drawable = figure.drawable else {
      empty.append(figure.title)
      body += Markup.paragraph(item.ifEmpty, of: "empty")
      return
    }
    drawn += 1
    figures += 1
    let svg = try draw(GnuplotScript(drawable, .page))
    body += ThemedSVG.text(svg, of: drawable, id: "f\(drawn)")
    body += ThemedSVG.legend(of: drawable)
    if !drawable.notes.isEmpty {
      body += "<figcaption>\(Markup.escaped(drawable.notes.joined(separator: " ")))</figcaption>\n"
    }
  }

  /// The whole file.
  ///
  /// Its policy forbids scripts and requests, should a file's text ever reach the page as markup.
  package var bytes: [UInt8] {
    Array(
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" \
      content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
      <link rel="icon" href="data:,">
      <title>\(Markup.escaped(title))</title>
      <style>
      \(PageStyle.text)
      </style>
      </head>
      <body>
      \(ThemedSVG.marks)<main>
      \(body)</main>
      </body>
      </html>

      """.utf8)
  }
}

/// A figure and what stands in its place when there is nothing to draw.
package struct FigureItem: Sendable {
  package var figure: Figure
  package var ifEmpty: String

  /// `figure`, or the sentence `ifEmpty`.
  package init(_ figure: Figure, ifEmpty: String) {
    self.figure = figure
    self.ifEmpty = ifEmpty
  }
}
