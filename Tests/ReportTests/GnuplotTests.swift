import Files
import Report
import TestSupport
import Testing

@Suite struct GnuplotTests {
  @Test func `a string of gnuplot's ends at its own quote only`() {
    #expect(GnuplotScript.quoted("it's `ls` $HOME \"x\" \\n") == "'it''s `ls` $HOME \"x\" \\n'")
    #expect(GnuplotScript.quoted("a\nsystem 'rm'\r\t\u{2028}") == "'a system ''rm''   '")
    #expect(GnuplotScript.quotedLabel("100 %s") == "'100 %%s'")
  }

  @Test func `text that would be a command is drawn as text`() throws {
    guard hasGnuplot else { return print("skipped: there is no gnuplot") }
    let directory = try TestDirectory()
    let evil = "x'; system('touch \(directory.path)/owned'); `touch \(directory.path)/owned` %d @a"
    var figure = figure([(0, 1), (1, 2)], style: .points)
    figure.title = evil
    figure.x = Figure.Axis(evil + "\nquit", categories: [evil, "$(touch owned)\nquit"])
    figure.y.label = "</text><script>alert(1)</script>"
    figure.series[0].name = "EOD\n" + evil
    figure.series.append(Figure.Series("b \\\"", .points, [Figure.Point(0, 1)]))
    let script = GnuplotScript(figure, .alone(.svg))
    let svg = String(decoding: try Gnuplot.draw(script, .svg, of: figure), as: UTF8.self)
    #expect(try directory.names == [])
    #expect(svg.contains("x'; system("))
    #expect(!svg.contains("<script"))
    #expect(svg.contains("&lt;script"))
  }

  @Test func `an SVG with text that XML forbids is XML all the same`() throws {
    guard hasGnuplot else { return print("skipped: there is no gnuplot") }
    let bad = "a\u{1}b\u{1B}[1m\u{B}\u{7F}\u{9F}c\u{FFFE}d\u{FFFF}e & <f> ]]> \u{202E}g"
    var figure = figure([(0, 1), (1, 2)], style: .markedLine)
    (figure.title, figure.y.label) = (bad, bad)
    figure.x = Figure.Axis(bad, categories: [bad, bad])
    figure.series[0].name = bad
    figure.series.append(Figure.Series(bad, .points, [Figure.Point(0, 1)], look: 1))
    let script = GnuplotScript(figure, .alone(.svg))
    let svg = try Gnuplot.draw(script, .svg, of: figure)
    let directory = try TestDirectory()
    _ = try directory.write(String(decoding: svg, as: UTF8.self), to: "figure.svg")
    let check = "import sys, xml.dom.minidom as x; x.parse('figure.svg')"
    let outcome = try #require(
      try Binary.shell(
        "command -v python3 >/dev/null || exit 99; python3 -c \"\(check)\"", in: directory))
    guard outcome.code != 99 else { return print("skipped: there is no python3") }
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(!svg.contains(1) && !svg.contains(0x1B) && !svg.contains(0x7F))
  }

  @Test func `the same figure gives the same bytes, of every style and degenerate ones too`() throws
  {
    guard hasGnuplot else { return print("skipped: there is no gnuplot") }
    let styles: [Figure.Style] = [.line, .markedLine, .steps, .points, .bars, .guide]
    let all: [[(Double, Double)]] = [[(1, 1)], [(1, 1), (1, 1)], [(0, 5), (1, .nan), (2, 7)]]
    for points in all {
      for style in styles {
        var figure = figure(points, style: style)
        figure.series[0].points[0].halfWidth = 0.5
        let script = GnuplotScript(figure, .page)
        #expect(try Gnuplot.draw(script) == Gnuplot.draw(script))
      }
    }
  }

  @Test func `an empty line parts what a gap parts`() {
    let script = GnuplotScript(figure([(0, 5), (1, .nan), (2, 7)]), .page).text
    #expect(script.contains("$s0 << EOD\n0.0 5.0\n\n2.0 7.0\nEOD\n"))
  }

  @Test func `an interruption ends gnuplot too and leaves nothing behind`() throws {
    let directory = try TestDirectory()
    _ = try directory.write("a,b\n1,2\n2,3\n", to: "t.csv")
    let script = """
      martlet=$(realpath "$0"); mkdir bin tmp; export TMPDIR=$PWD/tmp PATH=$PWD/bin:$PATH
      printf '#!/bin/sh\necho $$ > %s/pid.part; mv %s/pid.part %s/pid; exec sleep 50\n' \
        "$PWD" "$PWD" "$PWD" > bin/gnuplot; chmod +x bin/gnuplot
      "$martlet" plot t.csv --x a --y b -o fig.svg & run=$!
      for i in $(seq 200); do test -f pid && break; sleep 0.1; done
      kill -TERM $run; wait $run; echo $?
      # What is dead may wait for its new parent.
      case "$(ps -o stat= -p $(cat pid))" in
        ""|Z*) echo gone;;
        *) echo "still there"; kill $(cat pid);;
      esac
      ls tmp
      """
    guard let outcome = try Binary.shell(script, in: directory) else { return }
    #expect(outcome.output == "143\ngone\n")
  }

  @Test func `without gnuplot the message says how to get it`() throws {
    let directory = try TestDirectory()
    _ = try directory.write("a,b\n1,2\n2,3\n", to: "t.csv")
    let script = """
      martlet=$(realpath "$0"); mkdir none; PATH=$PWD/none
      "$martlet" plot t.csv --x a --y b -o fig.svg
      """
    let outcome = try Binary.shell(script, in: directory)
    #expect(outcome?.code == 2)
    #expect(outcome?.errors.hasPrefix("error: gnuplot is missing") == true)
    #expect(outcome?.errors.contains("apt-get install gnuplot-nox") == true)
    #expect(outcome?.errors.filter { $0 == "\n" }.count == 1)
    #expect(try directory.names == ["none", "t.csv"])
  }
}
