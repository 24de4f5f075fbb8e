internal import Experiment
internal import Files
internal import Metrics

/// How a run of a sweep ended.
enum PointOutcome: Sendable {
  /// It ran to its end.
  case done([SummaryValue])
  /// The progress watchdog stopped it; the numbers are those of the part that ran.
  case stopped([SummaryValue], String)
  /// It could not run.
  case failed(String)

  /// The cell of column `status`.
  var status: PointStatus {
    switch self {
    case .done: .ok
    case .stopped: .stopped
    case .failed: .failed
    }
  }
}

/// The column `status` of sweep.csv.
enum PointStatus: String, Sendable {
  /// It ran to its end.
  case ok
  /// The progress watchdog stopped it.
  case stopped
  /// It could not run.
  case failed
}

/// The columns of sweep.csv and failed.csv, and their rows.
struct SweepTable: Sendable {
  /// The varied keys.
  let keys: [String]
  /// Whether a point has tiers under HBM.
  let hasTiers: Bool

  /// Keys of summary.json that are columns: `seed` leads the row, and wall-clock time differs
  /// between equal runs.
  private static let isScalar: [Bool] = ColumnCatalog.summary.map {
    !["seed", "wall_time_s"].contains($0.name)
  }
  private static let common = zip(ColumnCatalog.summary, isScalar).filter(\.1).map(\.0)

  /// The columns of numbers; those of tiers, which come last, where a point has any.
  static func scalars(hasTiers: Bool) -> [ColumnEntry] {
    hasTiers ? common + ColumnCatalog.memory : common
  }

  private var scalars: [ColumnEntry] { Self.scalars(hasTiers: hasTiers) }

  private var leading: [ColumnEntry] {
    let population = "points of the sweep"
    return [
      ColumnEntry(
        "point", "", "Number of the point, from 0, in the order of the file.", population),
      ColumnEntry("seed", "", "Seed of every random stream.", population),
    ]
      + keys.map { key in
        ColumnEntry(key, "", "The setting \(key), as written; empty: its default.", population)
      }
  }

  private static let ending: [ColumnEntry] = [
    ColumnEntry(
      "status", "",
      "ok; stopped: by the progress watchdog, the numbers are those of the part that ran; "
        + "failed: it could not run and has no numbers.", "points of the sweep"),
    ColumnEntry("error", "", "Why a point was stopped or failed.", "points that are not ok"),
  ]

  /// Columns of sweep.csv.
  var columns: [ColumnEntry] { leading + scalars + Self.ending }

  /// Columns of failed.csv.
  var failedColumns: [ColumnEntry] { leading + Self.ending }

  /// The bytes of columns.json, with the columns of seeds.csv where there are several seeds.
  func columnsJSON(_ seeds: SeedsTable?) -> [UInt8] {
    let own = [("sweep.csv", columns), ("failed.csv", failedColumns)]
    return ColumnCatalog.json(own + (seeds.map { [("seeds.csv", $0.columns)] } ?? [])).bytes
  }

  /// The header row of a file with `columns`.
  func header(_ columns: [ColumnEntry]) -> String { CSVText.row(columns.map(\.name)) }

  /// The row of `point` in sweep.csv, with its line break.
  func row(_ point: SweepPoint, _ outcome: PointOutcome) -> String {
    var cells = ["\(point.index)", "\(point.config.seed)"] + point.cells
    let error: String
    switch outcome {
    case .done(let values):
      cells += values.prefix(scalars.count).map(\.cell)
      error = ""
    case .stopped(let values, let reason):
      cells += values.prefix(scalars.count).map(\.cell)
      error = reason
    case .failed(let reason):
      cells += scalars.map { _ in "" }
      error = reason
    }
    return CSVText.row(cells + [outcome.status.rawValue, error])
  }

  /// The values of `summary` that are columns, those of tiers last; without tiers they are
  /// undefined.
  static func values(_ summary: Summary) -> [SummaryValue] {
    zip(summary.commonFields, isScalar).filter(\.1).map { $0.0.value }
      + summary.memoryFields.map(\.value)
  }

  /// The keys of `values`.
  static var valueNames: [String] { scalars(hasTiers: true).map(\.name) }

  /// The row of failed.csv that belongs to `row` of sweep.csv; nil when that is not whole.
  func failedRow(_ row: String) -> String? {
    guard let cells = CSVText.cells(row), cells.count == columns.count else { return nil }
    return CSVText.row(Array(cells.prefix(keys.count + 2) + cells.suffix(2)))
  }
}
