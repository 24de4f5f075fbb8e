internal import Files
internal import Metrics
internal import Units

/// Rows of links.csv, fabric by fabric, lane by lane; columns as `ColumnCatalog.links` has them.
struct LinksCSV {
  /// No row is longer, its name apart: 13 + 4 · 9 cells of at most 44 bytes.
  static let longestRow = 2304
  let memory: MemoryRecord
  /// The run's end.
  let end: Instant

  /// Appends one row.
  func write(_ row: Int, into out: inout ByteBuffer) {
    let lane = memory.links[row]
    let total = lane.total
    for number in [lane.fabric, lane.lane] {
      out.append(Int64(number))
      out.comma()
    }
    out.append(text: CSVText.cell(lane.link))
    // Text makes room for itself alone.
    out.reserve(Self.longestRow)
    switch lane.direction {
    case .outward: out.append(",out,")
    case .inward: out.append(",in,")
    case .both: out.append(",both,")
    }
    for number in [
      Int64(lane.instances), memory.gpus, total.transfers, total.copies, total.bytes,
      total.cancelledTransfers, total.cancelledBytes,
    ] {
      out.append(number)
      out.comma()
    }
    let busy = Int64(clamping: lane.busy)
    out.append(seconds: busy)
    out.comma()
    if end > .zero { out.append(text: "\(Double(busy) / Double(end.picoseconds))") }
    out.comma()
    if busy > 0 { out.append(text: "\(Double(total.bytes) * 1e12 / Double(busy))") }
    out.comma()
    out.append(seconds: Int64(clamping: total.waiting))
    for cause in lane.causes {
      for number in [cause.transfers, cause.bytes, cause.cancelledBytes] {
        out.comma()
        out.append(number)
      }
      out.comma()
      out.append(seconds: Int64(clamping: cause.waiting))
    }
    out.newline()
  }
}

/// Rows of tiers.csv; columns as `ColumnCatalog.tiers` has them.
struct TiersCSV {
  /// No row is longer, its name apart.
  static let longestRow = 256
  let series: TimeSeries
  let tiers: [TierDescription]

  /// Appends one row.
  func write(_ row: Int, into out: inout ByteBuffer) {
    let use = series.tiers[row]
    let tier = tiers[row % tiers.count]
    // A row of the time series has one row here for each tier.
    let place = row / tiers.count
    out.append(seconds: series.time(of: place).picoseconds)
    out.comma()
    out.append(Int64(place % series.instances))
    out.comma()
    out.append(text: CSVText.cell(tier.name))
    out.reserve(Self.longestRow)
    for number in [tier.blocks, use.total, use.swapped, use.kept, use.contexts, use.cached] {
      out.comma()
      out.append(number)
    }
    out.comma()
    out.append(Int64(use.total) * tier.bytesPerBlock)
    out.comma()
    out.append(share: use.total, of: tier.blocks)
    out.newline()
  }
}

/// Writes links.csv of a run with tiers.
func writeLinks<Sink: OutputSink & ~Copyable>(
  _ record: RunRecord, to sink: inout Sink
) throws(Sink.Failure) {
  guard let memory = record.memory else { return }
  let header = ColumnCatalog.header(ColumnCatalog.links)
  var stream = try RowStream<Sink>("links.csv", header: header, to: &sink)
  let rows = LinksCSV(memory: memory, end: memory.end)
  for row in memory.links.indices {
    try stream.add(upTo: LinksCSV.longestRow, to: &sink) { rows.write(row, into: &$0) }
  }
  try stream.finish(to: &sink)
}

/// Writes tiers.csv of a run with tiers.
func writeTiers<Sink: OutputSink & ~Copyable>(
  _ record: RunRecord, to sink: inout Sink
) throws(Sink.Failure) {
  guard let memory = record.memory, let series = record.series else { return }
  let header = ColumnCatalog.header(ColumnCatalog.tiers)
  var stream = try RowStream<Sink>("tiers.csv", header: header, to: &sink)
  let rows = TiersCSV(series: series, tiers: memory.tiers)
  for row in 0..<series.tiers.count {
    try stream.add(upTo: TiersCSV.longestRow, to: &sink) { rows.write(row, into: &$0) }
  }
  try stream.finish(to: &sink)
}
