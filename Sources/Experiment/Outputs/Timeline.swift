internal import Files
internal import Metrics
internal import Units

/// Events of timeline.json in Chrome's trace format, for Perfetto.
///
/// A process is an instance, a thread a request with the spans queue, prefill and decode;
/// counters come from the time series. Links are processes of their own, with a thread for each
/// lane. Times are microseconds with 6 decimals: exact picoseconds.
struct Timeline {
  /// No event list of one request or bucket is longer.
  static let longestEntry = 1024
  static let header = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n"
  static let footer: StaticString = "]}\n"
  let record: RunRecord

  /// Appends the name of an instance; the first entry, so it alone has no comma before it.
  func writeName(of instance: Int, into out: inout ByteBuffer) {
    if instance > 0 { out.append(",\n") }
    out.append("{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":")
    out.append(Int64(instance))
    out.append(",\"tid\":0,\"args\":{\"name\":\"instance ")
    out.append(Int64(instance))
    out.append("\"}}")
  }

  /// Appends the spans of a request; one that is under way at the run's end is drawn until then.
  func writeSpans(of row: Int, into out: inout ByteBuffer) {
    let table = record.requests
    guard table.instance[row] >= 0, !table.isRejected[row] else { return }
    let outcome = table.outcome(of: row)
    let end = max(record.end, outcome.arrival)
    let scheduled = min(outcome.firstScheduled, end)
    let first = min(outcome.firstToken, end)
    let finished = min(outcome.finished, end)
    writeSpan("queue", row, outcome.arrival, scheduled, into: &out)
    if outcome.firstScheduled != .never {
      writeSpan("prefill", row, scheduled, first, into: &out)
    }
    if outcome.firstToken != .never, outcome.outputTokens > 1 {
      writeSpan("decode", row, first, finished, into: &out)
    }
  }

  private func writeSpan(
    _ name: StaticString, _ row: Int, _ start: Instant, _ end: Instant, into out: inout ByteBuffer
  ) {
    out.append(",\n{\"name\":\"")
    out.append(name)
    out.append("\",\"cat\":\"request\",\"ph\":\"X\",\"pid\":")
    out.append(record.requests.instance[row])
    out.append(",\"tid\":")
    out.append(Int64(row))
    out.append(",\"ts\":")
    out.append(microseconds: start.picoseconds)
    out.append(",\"dur\":")
    out.append(microseconds: end - start)
    out.append(UInt8(ascii: "}"))
  }

  /// Appends the counters of one row of the time series.
  func writeCounters(_ row: Int, of series: TimeSeries, into out: inout ByteBuffer) {
    writeCounter("requests", row, series, into: &out)
    out.append("\"running\":")
    out.append(series.running[row])
    out.append(",\"waiting\":")
    out.append(series.waiting[row])
    out.append("}}")
    let blocks = record.pools[row % series.instances].blocks
    guard blocks > 0 else { return }
    writeCounter("kv_cache_usage_perc", row, series, into: &out)
    out.append("\"used\":")
    out.append(share: series.blocks[row], of: blocks)
    out.append("}}")
  }

  private func writeCounter(
    _ name: StaticString, _ row: Int, _ series: TimeSeries, into out: inout ByteBuffer
  ) {
    out.append(",\n{\"name\":\"")
    out.append(name)
    out.append("\",\"ph\":\"C\",\"pid\":")
    out.append(Int64(row % series.instances))
    out.append(",\"ts\":")
    out.append(microseconds: series.time(of: row).picoseconds)
    out.append(",\"args\":{")
  }
}
