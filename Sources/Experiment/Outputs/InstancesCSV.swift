internal import Files
internal import Metrics

/// Rows of instances.csv; columns as `ColumnCatalog.instances` has them.
struct InstancesCSV {
  /// No row of 23 cells is longer, names apart.
  static let longestRow = 640

  /// Appends the row of instance `number` with a pool of `blocks`; answers nothing.
  func write(_ number: Int, _ one: InstanceSummary, blocks: Int32, into out: inout ByteBuffer) {
    out.append(Int64(number))
    out.append(text: ",\(one.description.pool.map(CSVText.cell) ?? "")")
    out.append(text: ",\(one.description.role),\(CSVText.cell(one.description.gpu))")
    out.append(text: ",\(one.description.gpus),")
    out.append(seconds: Int64(clamping: one.upTime))
    out.comma()
    out.append(seconds: Int64(clamping: one.totals.busyTime))
    out.comma()
    Self.cell(one.busyShare, into: &out)
    for count in [
      one.member.routed, one.member.movedIn, one.member.movedOut, one.totals.finished,
      one.member.failures, one.member.lost, one.totals.promptTokens, one.totals.generatedTokens,
      one.totals.prefillTokens, one.totals.prefixHitTokens, one.totals.prefixQueryTokens,
    ] {
      out.append(count)
      out.comma()
    }
    Self.cell(one.hitRate, into: &out)
    Self.cell(one.meanRunning, into: &out)
    out.append(one.totals.preemptions)
    out.comma()
    out.append(share: Int32(clamping: one.totals.peakBlocks), of: blocks)
    out.newline()
  }

  private static func cell(_ value: Double?, into out: inout ByteBuffer) {
    if let value { out.append(text: "\(value)") }
    out.comma()
  }
}

/// Writes instances.csv.
func writeInstances<Sink: OutputSink & ~Copyable>(
  _ record: RunRecord, _ summary: Summary, to sink: inout Sink
) throws(Sink.Failure) {
  let header = ColumnCatalog.header(ColumnCatalog.instances)
  var stream = try RowStream<Sink>("instances.csv", header: header, to: &sink)
  let rows = InstancesCSV()
  for (number, one) in summary.instances.enumerated() {
    let names = one.description.gpu.utf8.count + (one.description.pool?.utf8.count ?? 0)
    try stream.add(upTo: InstancesCSV.longestRow + 2 * names, to: &sink) {
      rows.write(number, one, blocks: record.pools[number].blocks, into: &$0)
    }
  }
  try stream.finish(to: &sink)
}
