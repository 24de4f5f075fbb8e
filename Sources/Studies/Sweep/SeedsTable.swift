internal import Files
internal import Metrics

/// The columns of seeds.csv, one row a point with all its seeds, and their rows: the mean of each
/// number over the seeds and how far it may be off.
struct SeedsTable: Sendable {
  /// The varied keys.
  let keys: [String]
  /// Seeds of each point.
  let seeds: Int
  /// Whether a point has tiers under HBM.
  let hasTiers: Bool

  /// Confidence of the intervals.
  static let level = 0.95

  /// A share of seeds says more of `saturated` than a word; intervals of one run stay there.
  private static let isAveraged: [Bool] = SweepTable.scalars(hasTiers: true).map {
    $0.name == "saturated" || ColumnCatalog.kind(of: $0.name) == .result
  }

  /// The columns of numbers of sweep.csv, and whether they have a mean.
  private var scalars: [(entry: ColumnEntry, isAveraged: Bool)] {
    zip(SweepTable.scalars(hasTiers: hasTiers), Self.isAveraged).map { ($0, $1) }
  }

  /// Columns of seeds.csv.
  var columns: [ColumnEntry] {
    let population = "seeds of the point that ran to their end"
    var columns = keys.map { key in
      ColumnEntry(key, "", "The setting \(key), as written; empty: its default.", "points")
    }
    columns.append(ColumnEntry("seeds", "", "Seeds that ran to their end.", "points"))
    for (entry, isAveraged) in scalars where isAveraged {
      columns.append(
        ColumnEntry(entry.name, entry.unit, "Mean over seeds of: \(entry.definition)", population))
      columns.append(
        ColumnEntry(
          "\(entry.name)_ci95", entry.unit,
          "Half width of the 95 % interval of that mean (Student's t over seeds).",
          "\(population), at least two of which define it"))
    }
    return columns
  }

  /// The row of one point, of which sweep.csv has the whole `rows`, one a seed.
  func row(_ rows: [String]) -> String {
    let scalars = scalars
    let width = keys.count + 2 + scalars.count + 2
    var finished: [[String]] = []
    var settings: [String] = []
    for row in rows {
      guard let cells = CSVText.cells(row), cells.count == width else { continue }
      settings = Array(cells[2..<2 + keys.count])
      if cells[width - 2] == PointStatus.ok.rawValue { finished.append(cells) }
    }
    var result = settings + ["\(finished.count)"]
    for i in scalars.indices where scalars[i].isAveraged {
      let values = finished.compactMap { Self.number($0[2 + keys.count + i]) }
      guard let mean = Self.mean(values) else {
        result += ["", ""]
        continue
      }
      let interval = ConfidenceInterval.of(samples: values, level: Self.level)
      result += ["\(mean)", interval.map { "\($0.halfWidth)" } ?? ""]
    }
    return CSVText.row(result)
  }

  private static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// A truth value counts as 1 or 0, so that its mean is a share.
  private static func number(_ cell: String) -> Double? {
    switch cell {
    case "true": 1
    case "false": 0
    default: Double(cell)
    }
  }
}
