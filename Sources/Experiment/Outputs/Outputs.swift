internal import Files
public import Metrics

/// Which files of a run are wanted; summary.json and columns.json always are.
public struct OutputChoice: Sendable, Equatable {
  /// requests.csv.
  public var requests = true
  /// steps.csv.
  public var steps = false
  /// timeseries.csv and, of a run with tiers, tiers.csv.
  public var timeseries = true
  /// links.csv, of a run with tiers.
  public var links = true
  /// users.csv, of a run with several users.
  public var users = false
  /// timeline.json.
  public var timeline = false
  /// instances.csv.
  public var instances = false

  /// The files that are written unless the experiment says otherwise.
  public init() {}
}

/// Writes the files of a run in a fixed order: equal runs give equal bytes.
///
/// A file whose data the record lacks (steps, time series) is left out.
/// - Throws: what the sink throws, at once.
public func writeOutputs<Sink: OutputSink & ~Copyable>(
  of record: RunRecord, _ summary: Summary, _ choice: OutputChoice, to sink: inout Sink
) throws(Sink.Failure) {
  try sink.write(file: "summary.json", summary.json.bytes)
  try sink.write(file: "columns.json", ColumnCatalog.json(of: summary, choice).bytes)
  if choice.requests { try writeRequests(record, summary.description.targets, to: &sink) }
  if choice.timeseries, let series = record.series {
    try writeSeries(series, record.pools, to: &sink)
    try writeTiers(record, to: &sink)
  }
  if choice.links { try writeLinks(record, to: &sink) }
  if choice.users { try writeUsers(summary, to: &sink) }
  if choice.instances { try writeInstances(record, summary, to: &sink) }
  if choice.steps, !record.steps.isEmpty { try writeSteps(record, to: &sink) }
  if choice.timeline { try writeTimeline(record, to: &sink) }
}

private func writeRequests<Sink: OutputSink & ~Copyable>(
  _ record: RunRecord, _ targets: ServiceLevel, to sink: inout Sink
) throws(Sink.Failure) {
  let header = ColumnCatalog.header(ColumnCatalog.requests)
  var stream = try RowStream<Sink>("requests.csv", header: header, to: &sink)
  let rows = RequestsCSV(record.requests, targets)
  for row in 0..<record.requests.count {
    try stream.add(upTo: RequestsCSV.longestRow, to: &sink) { rows.write(row, into: &$0) }
  }
  try stream.finish(to: &sink)
}

private func writeSeries<Sink: OutputSink & ~Copyable>(
  _ series: TimeSeries, _ pools: [KVPoolSize], to sink: inout Sink
) throws(Sink.Failure) {
  let header = ColumnCatalog.header(ColumnCatalog.timeseries)
  var stream = try RowStream<Sink>("timeseries.csv", header: header, to: &sink)
  let rows = TimeSeriesCSV(series: series, pools: pools)
  for row in 0..<series.count {
    try stream.add(upTo: TimeSeriesCSV.longestRow, to: &sink) { rows.write(row, into: &$0) }
  }
  try stream.finish(to: &sink)
}

private func writeSteps<Sink: OutputSink & ~Copyable>(
  _ record: RunRecord, to sink: inout Sink
) throws(Sink.Failure) {
  let header = ColumnCatalog.header(ColumnCatalog.steps)
  var stream = try RowStream<Sink>("steps.csv", header: header, to: &sink)
  let rows = StepsCSV(logs: record.steps, pools: record.pools)
  try rows.inOrder { (instance, index) throws(Sink.Failure) in
    try stream.add(upTo: StepsCSV.longestRow, to: &sink) { rows.write(instance, index, into: &$0) }
  }
  try stream.finish(to: &sink)
}

private func writeTimeline<Sink: OutputSink & ~Copyable>(
  _ record: RunRecord, to sink: inout Sink
) throws(Sink.Failure) {
  var stream = try RowStream<Sink>("timeline.json", header: Timeline.header, to: &sink)
  let timeline = Timeline(record: record)
  let length = Timeline.longestEntry
  for instance in 0..<record.instances {
    try stream.add(upTo: length, to: &sink) { timeline.writeName(of: instance, into: &$0) }
  }
  for row in 0..<record.requests.count {
    try stream.add(upTo: length, to: &sink) { timeline.writeSpans(of: row, into: &$0) }
  }
  if let series = record.series {
    for row in 0..<series.count {
      try stream.add(upTo: length, to: &sink) {
        timeline.writeCounters(row, of: series, into: &$0)
      }
    }
  }
  if let memory = record.memory {
    let (tracks, slices) = timeline.links(memory)
    for (fabric, names) in tracks.enumerated() {
      try stream.add(upTo: length, to: &sink) { timeline.writeNames(of: fabric, names, into: &$0) }
    }
    for slice in slices {
      try stream.add(upTo: length, to: &sink) { timeline.write(slice, of: memory, into: &$0) }
    }
  }
  try stream.add(upTo: length, to: &sink) { $0.append(Timeline.footer) }
  try stream.finish(to: &sink)
}
