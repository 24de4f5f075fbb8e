internal import ArgumentParser
internal import Files
internal import Report

/// `martlet plot`: columns of a CSV file as a picture.
struct Plot: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot", abstract: "Draws columns of a CSV file with gnuplot.",
    discussion: """
      Takes sweep.csv, requests.csv, timeseries.csv, steps.csv or any CSV file with a header. Rows \
      that share x and the columns of --by (the seeds of a sweep) become their mean with a 95 % \
      interval; empty cells are gaps; text on the x axis becomes categories.
      """)

  @Argument(help: "The CSV file.", completion: .file(extensions: ["csv"]))
  var csv: String

  @Option(help: "The column of the horizontal axis; of --kind cdf the one distribution.")
  var x: String

  @Option(help: ArgumentHelp("The columns to draw.", valueName: "column[,column]"))
  var y: String?

  @Option(
    help: ArgumentHelp("A line for each of their values.", valueName: "column[,column]"))
  var by: String?

  @Option(help: "line, scatter, cdf or bar.")
  var kind = "line"

  @Option(help: "Logarithmic axes: x, y or xy.")
  var log: String?

  @Option(help: "The title.")
  var title: String?

  @Option(
    name: .customLong("where"), parsing: .singleValue,
    help: ArgumentHelp(
      "Keeps rows that fulfil it; = != < <= > >=, may be repeated.", valueName: "column=value"))
  var filters: [String] = []

  @Option(
    name: .shortAndLong,
    help: "The picture: .svg, .png or .pdf; or .gp for the script that draws it.",
    completion: .file())
  var output: String

  @Option(help: "Keeps the script, which holds the data too, as well.", completion: .file())
  var script: String?

  @Flag(help: "Replaces existing files.")
  var force = false

  @Flag(help: "Prints JSON.")
  var json = false

  func run() throws {
    let format = try pictureFormat()
    try checkFiles()
    let answer = try query().answer(readingFrom: csv)
    let program = GnuplotScript(answer.figure, .alone(format ?? .svg))
    if let format {
      let bytes = try Gnuplot.draw(program, format, of: answer.figure)
      if let script { try writeFile(Array(program.text.utf8), to: script, force: force) }
      try writeFile(bytes, to: output, force: force)
    } else {
      try writeFile(Array(program.text.utf8), to: output, force: force)
    }
    let files = [output] + (script.map { [$0] } ?? [])
    if json {
      printBytes(answer.json(files: files).bytes)
    } else {
      print(answer.text(files: files))
    }
  }

  /// Refuses to write over what is read, or two files in one place, before anything is drawn.
  private func checkFiles() throws(ConfigError) {
    let table = Paths.physical(csv)
    for (flag, file) in [("--output", output)] + (script.map { [("--script", $0)] } ?? [])
    where Paths.physical(file) == table {
      throw ConfigError(.flag(flag), "\(file) is the table that is drawn; name another file")
    }
    if let script, Paths.physical(script) == Paths.physical(output) {
      throw ConfigError(.flag("--script"), "\(script) is the picture, too; name another file")
    }
  }

  /// The format that the name of the output asks for; nil for a script.
  private func pictureFormat() throws(ConfigError) -> GnuplotScript.Format? {
    let known = GnuplotScript.Format.allCases.map(\.rawValue) + ["gp"]
    let parts = Paths.last(of: output).split(separator: ".")
    guard parts.count > 1, let ending = parts.last.map(String.init), known.contains(ending) else {
      throw ConfigError(
        .flag("--output"), "\(output) must end in \(known.map { ".\($0)" }.joined(separator: ", "))"
      )
    }
    if ending == "gp", script != nil {
      throw ConfigError(.flag("--script"), "has no meaning when --output is a script")
    }
    return GnuplotScript.Format(rawValue: ending)
  }

  private func query() throws(ConfigError) -> PlotQuery {
    var query = PlotQuery(x: x)
    query.y = list(y)
    query.by = list(by)
    query.title = title
    guard let kind = PlotQuery.Kind(rawValue: kind) else {
      throw .unknown(
        "kind of plot", kind, known: PlotQuery.Kind.allCases.map(\.rawValue), at: .flag("--kind"))
    }
    query.kind = kind
    guard log.map({ ["x", "y", "xy", "yx"].contains($0) }) ?? true else {
      throw ConfigError(.flag("--log"), "\"\(log ?? "")\" names no axes; write x, y or xy")
    }
    query.isLogarithmic = (log?.contains("x") ?? false, log?.contains("y") ?? false)
    for filter in filters { query.filters.append(try RowFilter(filter)) }
    return query
  }

  private func list(_ text: String?) -> [String] {
    text?.split(separator: ",").map(String.init) ?? []
  }
}
