public import Files
public import Metrics
public import Workload

/// The answer of `martlet trace convert` and `martlet trace generate`: a file of requests.
public struct WrittenTrace: Sendable {
  private let file: String
  private let format: String
  private let requests: Int
  private let sessions: Int?
  private let blocks: Int?
  private let report: TraceReport?

  /// The answer that `requests` went into `file`; `report` says how they were read, nil if they
  /// were drawn.
  public init(
    file: String, format: TraceWriter.Format, requests: RequestTable, report: TraceReport? = nil
  ) {
    self.file = file
    self.format = format.name
    self.requests = requests.count
    let isWhole = format != .vidur
    sessions = isWhole ? requests.turns?.session.max().map { Int($0) + 1 } : nil
    blocks = isWhole ? requests.chains?.distinct : nil
    self.report = report
  }

  /// One line for a person.
  public var text: String {
    var parts = ["\(requests) requests"]
    if let sessions { parts.append("\(sessions) sessions") }
    if let blocks { parts.append("\(blocks) blocks") }
    return "wrote \(file): \(parts.joined(separator: ", "))\n"
  }

  /// The same for programs; sessions and blocks are null if the file does not say.
  public var json: JSON { .object(members) }

  /// Keys and values of `json`.
  var members: [(String, JSON)] {
    func whole(_ value: Int?) -> JSON { value.map { .integer(Int64($0)) } ?? .null }
    let written: [(String, JSON)] = [
      ("file", .string(file)), ("format", .string(format)), ("requests", whole(requests)),
      ("sessions", whole(sessions)), ("blocks", whole(blocks)),
    ]
    guard let report else { return written }
    return written + [
      ("source_format", .string(report.format)), ("rows_read", whole(report.rowsRead)),
      ("dropped", report.droppedJSON),
      ("warnings", .array(report.warnings.map { .string($0) })),
    ]
  }
}
