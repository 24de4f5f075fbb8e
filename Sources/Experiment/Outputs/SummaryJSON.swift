public import Files
public import Metrics

extension Summary {
  /// The object of summary.json, which is also the answer of `--json`; one key a line.
  public var json: JSON { .object(fields.map { ($0.key, $0.value.json) }) }
}

extension SummaryValue {
  /// The value as JSON; undefined is null.
  public var json: JSON {
    switch self {
    case .integer(let value): .integer(value)
    case .seconds, .milliseconds: .number(text: cell)
    case .number(let value): .number(value)
    case .text(let value): .string(value)
    case .flag(let value): .bool(value)
    case .undefined: .null
    }
  }

  /// The value as a cell of a CSV, unquoted; undefined is empty.
  public var cell: String {
    switch self {
    case .integer(let value): "\(value)"
    case .seconds(let time): Self.fixed { $0.append(seconds: time) }
    case .milliseconds(let time): Self.fixed { $0.append(milliseconds: time) }
    case .number(let value): "\(value)"
    case .text(let value): value
    case .flag(let value): value ? "true" : "false"
    case .undefined: ""
    }
  }

  private static func fixed(_ append: (inout ByteBuffer) -> Void) -> String {
    var buffer = ByteBuffer(capacity: 64)
    append(&buffer)
    return buffer.withBytes { String(decoding: $0, as: UTF8.self) }
  }
}

extension ColumnCatalog {
  /// The object of columns.json: file → column → unit, definition, population.
  public static var json: JSON { json(files(summary: summary)) }

  /// The object of the columns.json beside `summary`, with the files of `choice` that not all runs
  /// have.
  public static func json(of summary: Summary, _ choice: OutputChoice = .init()) -> JSON {
    var own = files(summary: summary.columns)
    if summary.memory != nil { own += [("links.csv", links), ("tiers.csv", tiers)] }
    if choice.users { own.append(("users.csv", users)) }
    if choice.instances { own.append(("instances.csv", instances)) }
    return json(own)
  }

  private static func files(summary: [ColumnEntry]) -> [(String, [ColumnEntry])] {
    [
      ("summary.json", summary), ("requests.csv", requests), ("timeseries.csv", timeseries),
      ("steps.csv", steps),
    ]
  }

  /// The object of a columns.json that describes `files`.
  package static func json(_ files: [(String, [ColumnEntry])]) -> JSON {
    .object(files.map { ($0.0, .object($0.1.map { ($0.name, $0.json) })) })
  }

  /// The header row of a CSV with these columns.
  package static func header(_ columns: [ColumnEntry]) -> String {
    columns.map(\.name).joined(separator: ",") + "\n"
  }
}

extension ColumnEntry {
  fileprivate var json: JSON {
    .object([
      ("unit", .string(unit)), ("definition", .string(definition)),
      ("population", .string(population)),
    ])
  }
}
