internal import Metrics
internal import Units

/// What has been read of a trace so far: the requests kept and an account of all other rows.
public struct TraceRows: Sendable {
  /// The file that is being read, for messages.
  var path: String
  private let fields: [String]
  private let limit: Int
  private let scale: TimeScale
  private let ignoresTimes: Bool
  private let traits: TraceTraits

  /// The requests kept, in the order of the file.
  private(set) var table = RequestTable()
  /// Lines read.
  var line = 0
  /// Lines without any content; they are no rows.
  var blankLines = 0
  /// Blocks whose name stands for another beginning above; known once all rows are sorted.
  private(set) var chainViolations = 0
  /// Rows read, kept or not.
  private(set) var rowsRead = 0
  /// The first kept row whose arrival is too far from the first row's.
  private(set) var lineBeyondSpan: Int?
  /// Kept rows that arrive before a row above them.
  private(set) var backwards = 0
  private var firstBackwards = 0
  private var drops: [Drop] = []
  private var origin: Int128?
  private var earliest: Int128 = 0
  private var latest: Int64 = .min
  private var isComplete = false
  private let keepsBlocks: Bool
  private let leastOutput: Int32
  private var blocks: ChainInterner?
  private var sessions = SessionBuilder()
  /// Rows without a time of their own, which come a while after the turn before.
  private var rowsByDelay = 0
  private var firstByDelay = 0

  private struct Drop {
    let fault: RowFault
    let sample: String
    let path: String
    let firstLine: Int
    var count = 1
  }

  /// Nothing read yet.
  init(path: String, fields: [String], options: TraceOptions, traits: TraceTraits) {
    self.path = path
    self.traits = traits
    self.fields = fields
    limit = options.limit ?? .max
    scale = TimeScale(factor: 1 / options.speedup)
    ignoresTimes = options.concurrency != nil
    keepsBlocks = options.keepsBlocks
    leastOutput = options.keepsEmptyOutputs ? 0 : 1
    origin = options.rebase && !traits.keepsZero ? nil : 0
  }

  /// Whether no further row is wanted.
  var isFull: Bool {
    lineBeyondSpan != nil || (traits.joinsFiles ? isComplete : table.count >= limit)
  }

  /// Says that all rows to come arrive at `time` or later, on the clock of the first row.
  mutating func promise(noneBefore time: Int128) {
    guard traits.joinsFiles, table.count >= limit, let origin else { return }
    guard let bound = scale.apply(time - origin) else { return }
    isComplete = table.arrival.count { $0.picoseconds <= bound } >= limit
  }

  /// Says that the file names blocks, even if no row has any.
  private mutating func expectBlocks() {
    guard keepsBlocks, blocks == nil else { return }
    blocks = ChainInterner()
    for _ in 0..<table.count { blocks?.add([], scope: 0) }
  }

  /// Adds a row that could be read, whose hashes name blocks if `hasBlocks`.
  ///
  /// - Throws: a fault if it has no arrival or no tokens; then it is not counted.
  mutating func keep(_ row: TraceRow, hasBlocks: Bool = false) throws(RowFault) {
    guard row.prompt > 0 else { throw RowFault(.zero, field: 1) }
    guard row.output >= leastOutput else { throw RowFault(.zero, field: 2) }
    let recorded: Int64?
    if let time = row.time {
      recorded = scale.apply(offset(of: time))
    } else {
      recorded = try timeAfterTurn(row)
    }
    guard let time = recorded else {
      lineBeyondSpan = line
      return
    }
    rowsRead += 1
    if time < latest {
      if backwards == 0 { firstBackwards = line }
      backwards += 1
    }
    latest = max(latest, time)
    if keepsBlocks, hasBlocks {
      if traits.namesAllBlocks { expectBlocks() }
      addBlocks(of: row)
    }
    sessions.add(row, line: line)
    table.append(at: Instant(picoseconds: time), prompt: row.prompt, output: row.output)
  }

  /// The arrival of a row that says only how long after the turn before it comes: as if that turn
  /// took no time, which a recording does not tell; nil beyond 64 bits.
  private mutating func timeAfterTurn(_ row: TraceRow) throws(RowFault) -> Int64? {
    if ignoresTimes { return 0 }
    guard let delay = row.delay, let last = sessions.rowBefore(row) else {
      throw RowFault(.missing, field: 0)
    }
    if rowsByDelay == 0 { firstByDelay = line }
    rowsByDelay += 1
    guard let delay = scale.apply(Int128(delay)) else { return nil }
    let (time, overflows) = table.arrival[last].picoseconds.addingReportingOverflow(delay)
    return overflows ? nil : time
  }

  private mutating func addBlocks(of row: TraceRow) {
    if blocks == nil {
      guard !row.hashes.isEmpty else { return }
      expectBlocks()
    }
    blocks?.add(row.hashes, scope: row.scope)
  }

  /// Counts a row that cannot be used.
  mutating func drop(_ row: TraceRow, for fault: RowFault, in text: Span<UInt8>) {
    if fault.kind == .noRow { return }
    rowsRead += 1
    if let time = row.time { _ = offset(of: time) }
    let same = drops.firstIndex { $0.fault.kind == fault.kind && $0.fault.field == fault.field }
    if let same {
      drops[same].count += 1
    } else {
      let sample = text.excerpt(fault.range)
      drops.append(Drop(fault: fault, sample: sample, path: path, firstLine: line))
    }
  }

  /// The time since the first row whose time is known, be it kept or not; 0 when times are
  /// ignored.
  private mutating func offset(of time: Int128) -> Int128 {
    if ignoresTimes { return 0 }
    guard let origin else {
      origin = time
      return 0
    }
    let offset = time - origin
    if offset < earliest { earliest = offset }
    return offset
  }

  /// Sorts the requests and counts their arrivals from the earliest row, if rows went backwards.
  ///
  /// - Returns: the requests, nil if their arrivals do not fit into 64 bits.
  mutating func sorted(tokensPerBlock: Int32) -> RequestTable? {
    guard lineBeyondSpan == nil, let first = scale.apply(earliest) else { return nil }
    var result = RequestTable()
    swap(&result, &table)
    if let names = blocks, tokensPerBlock > 0 {
      chainViolations = names.violations
      result.chains = names.chains(tokensPerBlock: tokensPerBlock, prompts: result.prompt)
    }
    blocks = nil
    result.turns = sessions.turns(result.arrival)
    if backwards > 0 { result.sortByArrival() }
    rowsRead -= max(0, result.count - limit)
    result.truncate(to: limit)
    if first < 0 {
      let (_, overflows) = latest.subtractingReportingOverflow(first)
      if overflows { return nil }
      result.reschedule(result.arrival.map { Instant(picoseconds: $0.picoseconds - first) })
    }
    return result
  }

  /// The rows dropped, by reason, in order of first appearance.
  var dropped: [DroppedRows] {
    drops.map {
      DroppedRows(
        reason: $0.fault.description(fields: fields), count: $0.count, firstLine: $0.firstLine)
    }
  }

  /// One warning for each reason to drop rows, and one if rows go backwards.
  var warnings: [String] {
    var warnings = drops.map { drop in
      let what = drop.fault.description(fields: fields, value: drop.sample)
      return "\(drop.path):\(drop.firstLine): \(what) (\(rows(drop.count)) dropped)"
    }
    if rowsByDelay > 0 {
      warnings.append(
        "\(path):\(firstByDelay): has a delay in place of a time (\(rows(rowsByDelay))): closed"
          + " sessions, the default then, wait for the end of the turn before; open ones come as if"
          + " it took no time")
    }
    warnings += sessions.warnings(path)
    if backwards > 0, traits.isSorted {
      warnings.append(
        "\(path):\(firstBackwards): arrives before a row above it (\(rows(backwards))); sorted")
    }
    return warnings
  }
}

/// A number of rows in words.
func rows(_ count: Int) -> String { count == 1 ? "1 row" : "\(count) rows" }
