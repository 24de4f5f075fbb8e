internal import Files
internal import Metrics

extension Listing {
  /// Every key of summary.json, then the columns of the other files that it has not; last those
  /// of runs with tiers.
  static var metrics: Listing {
    let files = [
      ("summary.json", ColumnCatalog.summary), ("requests.csv", ColumnCatalog.requests),
      ("timeseries.csv", ColumnCatalog.timeseries), ("steps.csv", ColumnCatalog.steps),
      ("summary.json", ColumnCatalog.memory), ("links.csv", ColumnCatalog.links),
      ("tiers.csv", ColumnCatalog.tiers),
    ]
    var names: Set<String> = []  // only looked up
    var entries: [Entry] = []
    for (file, columns) in files {
      for column in columns where names.insert(column.name).inserted {
        entries.append(
          Entry(
            cells: [column.name, column.unit, file, column.definition],
            fields: [
              ("name", .string(column.name)), ("unit", .string(column.unit)),
              ("file", .string(file)), ("definition", .string(column.definition)),
              ("population", .string(column.population)),
            ]))
      }
    }
    return Listing(
      [.text("name"), .text("unit"), .text("file"), .text("definition")], entries)
  }
}
