import Files
import Report
import TestSupport

/// A figure of one line.
func figure(_ points: [(Double, Double)], style: Figure.Style = .line) -> Figure {
  Figure(
    "Title", x: Figure.Axis("x"), y: Figure.Axis("y"),
    series: [Figure.Series("line", style, points.map { Figure.Point($0.0, $0.1) })])
}

/// Whether gnuplot can be started; tests that draw skip without it.
let hasGnuplot: Bool = {
  do {
    let scratch = try ScratchDirectory()
    let code = try ChildProcess.run(
      ["gnuplot", "--version"], output: "\(scratch.path)/o", errors: "\(scratch.path)/e",
      in: scratch)
    return code == 0
  } catch {
    return false
  }
}()

/// What gnuplot would make of a script that draws one blue line, without gnuplot.
let drawing = Array(
  """
  <svg>
  <title>Gnuplot</title>
  <desc>Produced by GNUPLOT</desc>
  <g id="gnuplot_canvas">
  <path stroke='rgb(  0, 103, 165)'  d='M1,2 L3,4'/>
  </g>
  </svg>

  """.utf8)

/// The smallest directory of a run: a summary and what `files` add.
func runDirectory(
  label: String = "run", _ files: [(name: String, text: String)] = []
) throws -> TestDirectory {
  let directory = try TestDirectory()
  var summary: [UInt8] = []
  JSON.object([
    ("label", .string(label)), ("model_id", .string("llama-3-8b")), ("gpu_count", .integer(2)),
    ("verdict", .string("OVERLOADED")), ("verdict_reason", .string("backlog slope 4 req/s")),
    ("p99_ttft_ms", .number(812.25)), ("rtfx", .null), ("wall_time_s", .number(1.5)),
  ]).write(into: &summary)
  _ = try directory.write(String(decoding: summary, as: UTF8.self), to: "summary.json")
  for file in files { _ = try directory.write(file.text, to: file.name) }
  return directory
}
