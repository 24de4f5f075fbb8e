internal import Files
internal import Metrics
internal import Units

/// Rows of requests.csv, in order of arrival; columns as `ColumnCatalog.requests` defines them.
struct RequestsCSV {
  /// No row is longer: 28 cells, none over 21 bytes with its comma but the times (28).
  static let longestRow = 672
  private let table: RequestTable
  private let targets: ServiceLevel

  init(_ table: RequestTable, _ targets: ServiceLevel) {
    self.table = table
    self.targets = targets
  }

  /// Appends one row.
  func write(_ row: Int, into out: inout ByteBuffer) {
    let outcome = table.outcome(of: row)
    out.append(Int64(row))
    out.comma()
    if let turns = table.turns {
      out.append(turns.session[row])
      out.comma()
      out.append(turns.turn[row])
      out.comma()
    } else {
      out.append(",,")
    }
    if table.instance[row] >= 0 { out.append(table.instance[row]) }
    out.comma()
    Self.cell(seconds: outcome.arrival, into: &out)
    Self.cell(seconds: outcome.firstScheduled, into: &out)
    Self.cell(seconds: outcome.firstToken, into: &out)
    Self.cell(seconds: outcome.finished, into: &out)
    out.append(table.prompt[row])
    out.comma()
    out.append(outcome.outputTokens)
    out.comma()
    out.append(table.cached[row])
    out.comma()
    writeLatencies(outcome, into: &out)
    Self.cell(milliseconds: table.preemptedTime[row], into: &out)
    out.append(table.preemptions[row])
    out.comma()
    out.append(table.recomputed[row])
    out.comma()
    switch outcome.finishReason {
    case .length: out.append("length,")
    case .unservable: out.append("unservable,")
    case .failed: out.append("failed,")
    case .unfinished: out.append("unfinished,")
    }
    if !targets.isEmpty {
      out.append(outcome.meets(targets) ? UInt8(ascii: "1") : UInt8(ascii: "0"))
    }
    out.comma()
    out.append(table.isMeasured(row) ? UInt8(ascii: "1") : UInt8(ascii: "0"))
    out.comma()
    out.append(table.migrations[row])
    out.comma()
    out.append(table.retries[row])
    out.comma()
    if table.decodeInstance[row] >= 0 { out.append(table.decodeInstance[row]) }
    out.newline()
  }

  private func writeLatencies(_ outcome: RequestOutcome, into out: inout ByteBuffer) {
    let tpot = outcome.tpot
    Self.cell(milliseconds: outcome.ttft, into: &out)
    Self.cell(milliseconds: tpot, into: &out)
    // Every token ends a gap, so the mean gap is the time per output token.
    Self.cell(milliseconds: tpot, into: &out)
    Self.cell(milliseconds: outcome.longestGapOfMany, into: &out)
    Self.cell(milliseconds: outcome.e2el, into: &out)
    Self.cell(milliseconds: outcome.queueTime, into: &out)
    Self.cell(milliseconds: outcome.prefillTime, into: &out)
    Self.cell(milliseconds: outcome.decodeTime, into: &out)
  }

  private static func cell(seconds time: Instant, into out: inout ByteBuffer) {
    if time != .never { out.append(seconds: time.picoseconds) }
    out.comma()
  }

  private static func cell(milliseconds time: Int64?, into out: inout ByteBuffer) {
    if let time { out.append(milliseconds: time) }
    out.comma()
  }
}
