internal import Experiment
public import Files
internal import Metrics

/// The answer of `martlet cache`.
public struct CacheTable: Sendable {
  /// Its rows.
  public let rows: [CacheRow]

  /// A table of `rows`.
  public init(_ rows: [CacheRow]) { self.rows = rows }

  private static let columns: [ColumnEntry] = [
    ColumnEntry("policy", "", "The eviction policy, with the options that were set.", every),
    ColumnEntry("capacity_blocks", "blocks", "Room of the cache; infinite has no end.", every),
    ColumnEntry(
      "order", "",
      "Order in which a request's blocks are used: rev from the last to the first, fwd from the "
        + "first to the last; some policies have their own.", every),
    ColumnEntry(
      "variant", "",
      "all_blocks counts every block of a prompt, full_blocks_only those that it fills.", every),
    ColumnEntry("requests", "requests", "Requests of the trace.", every),
    ColumnEntry("block_accesses", "blocks", "Blocks of all requests.", every),
    ColumnEntry(
      "prefix_hits", "blocks", "Blocks found together with all blocks before them.", every),
    ColumnEntry("plain_hits", "blocks", "Blocks found.", every),
    ColumnEntry("prefix_hit_ratio", "0-1", "prefix_hits / block_accesses.", some),
    ColumnEntry("plain_hit_ratio", "0-1", "plain_hits / block_accesses.", some),
  ]
  private static let every = "one policy at one capacity"
  private static let some = "one policy at one capacity; empty without block accesses"

  /// An array of one object a row.
  public var json: JSON {
    .array(rows.map { row in .object(Array(zip(Self.columns.map(\.name), Self.values(row)))) })
  }

  private static func values(_ row: CacheRow) -> [JSON] {
    [
      .string(row.policy), .integer(Int64(row.capacity)), .string(row.order),
      .string(row.variant), .integer(Int64(row.requests)), .integer(Int64(row.accesses)),
      .integer(Int64(row.prefixHits)), .integer(Int64(row.plainHits)),
      row.prefixHitRatio.map(JSON.number) ?? .null, row.plainHitRatio.map(JSON.number) ?? .null,
    ]
  }

  /// cache.csv: the keys of `json` as columns.
  public var csv: String {
    ColumnCatalog.header(Self.columns)
      + rows.map { row in
        CSVText.row([
          row.policy, "\(row.capacity)", row.order, row.variant, "\(row.requests)",
          "\(row.accesses)", "\(row.prefixHits)", "\(row.plainHits)",
          row.prefixHitRatio.map { "\($0)" } ?? "", row.plainHitRatio.map { "\($0)" } ?? "",
        ])
      }.joined()
  }

  /// columns.json, which describes cache.csv.
  public var columnsJSON: JSON { ColumnCatalog.json([("cache.csv", Self.columns)]) }

  /// A table for a person at a terminal.
  public var text: String {
    var table = TextTable([
      .text("policy"), .number("capacity"), .text("order"), .number("prefix hits"),
      .number("plain hits"), .number("prefix hit ratio"), .number("plain hit ratio"),
    ])
    for row in rows {
      table.add([
        row.policy, NumberText.grouped(row.capacity), row.order, NumberText.grouped(row.prefixHits),
        NumberText.grouped(row.plainHits), NumberText.plain(row.prefixHitRatio, 4),
        NumberText.plain(row.plainHitRatio, 4),
      ])
    }
    return table.lines.joined(separator: "\n") + "\n"
  }

  /// The miss ratios of each policy against the capacity, policies in the order of the rows.
  public var curves: [(policy: String, points: [(capacity: Int, missRatio: Double)])] {
    var curves: [(policy: String, points: [(capacity: Int, missRatio: Double)])] = []
    for row in rows {
      if curves.last?.policy != row.policy { curves.append((row.policy, [])) }
      guard let ratio = row.prefixHitRatio else { continue }
      curves[curves.count - 1].points.append((row.capacity, 1 - ratio))
    }
    return curves
  }
}
