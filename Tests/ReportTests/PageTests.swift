import Files
import Foundation
import Report
import Testing

@Suite struct PageTests {
  private func page(_ figure: Figure) throws -> String {
    var page = Page("<title> & \"more\"") { (_) throws(ConfigError) in drawing }
    try page.addFigures(
      "Heading", "Lead", [FigureItem(figure, ifEmpty: "Nothing <here>.")], beside: "<b>x</b>")
    return String(decoding: page.bytes, as: UTF8.self)
  }

  @Test func `markup in text is text`() {
    #expect(
      Markup.escaped("<script>'a' & \"b\"</script>\u{0}\u{202E}")
        == "&lt;script&gt;&#39;a&#39; &amp; &quot;b&quot;&lt;/script&gt;  ")
    #expect(
      Markup.table(["<a>"], [["<b>"]], caption: "<c>").contains("<th scope=\"row\">&lt;b&gt;"))
  }

  @Test func `a drawing gets the page's colours, its own title and no element of gnuplot's head`()
    throws
  {
    var named = figure([(1, 2), (3, 4)])
    named.title = "A < B"
    let text = try page(named)
    #expect(text.contains("<path stroke='var(--s0)'  d='M1,2 L3,4'/>"))
    #expect(text.contains("<title id=\"f1-t\">A &lt; B</title>"))
    #expect(text.contains("<desc id=\"f1-d\">y against x. line: 2 points, 2 to 4.</desc>"))
    #expect(!text.contains("GNUPLOT"))
    #expect(text.contains("default-src &#39;none&#39;") || text.contains("default-src 'none'"))
    #expect(text.contains("prefers-color-scheme:dark"))
    #expect(text.contains("name=\"viewport\""))
    #expect(!text.contains("<script"))
    #expect(!text.contains("http://") && !text.contains("https://"))
  }

  @Test func `a figure without points is a sentence`() throws {
    let text = try page(figure([(.nan, 1), (2, .nan)]))
    #expect(text.contains("<p class=\"empty\">Nothing &lt;here&gt;.</p>"))
    #expect(!text.contains("<path stroke"))
  }

  @Test func `what a logarithmic axis cannot show is counted`() {
    var figure = figure([(0, 1), (1, -2), (2, 3)])
    figure.x.isLogarithmic = true
    figure.y.isLogarithmic = true
    #expect(figure.drawable?.notes == ["2 points are not above 0 and have no place here."])
    #expect(figure.drawable?.series[0].points.count == 2)
    figure.series[0].points.removeLast()
    #expect(figure.drawable == nil)
  }

  @Test func `colours have a contrast of 4.5 on their page, by the formula of WCAG`() {
    func luminance(_ color: (Int, Int, Int)) -> Double {
      let parts = [color.0, color.1, color.2].map { part -> Double in
        let share = Double(part) / 255
        let base = (share + 0.055) / 1.055
        return share <= 0.04045 ? share / 12.92 : pow(base, 2.4)
      }
      return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }
    for color in Look.colors { #expect(1.05 / (luminance(color) + 0.05) >= 4.5, "\(color)") }
    let card = luminance((26, 29, 35)) + 0.05
    for color in Look.darkColors { #expect((luminance(color) + 0.05) / card >= 4.5, "\(color)") }
  }
}
