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
  private var blocks: ChainInterner?
  private var sessions = SessionBuilder()

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

  /// Says that the file names blocks of `tokensPerBlock` tokens, even if no row has any.
  private mutating func expectBlocks(_ tokensPerBlock: Int32) {
    guard keepsBlocks, blocks == nil else { return }
    blocks = ChainInterner(tokensPerBlock: tokensPerBlock)
    for _ in 0..<table.count { blocks?.add([], scope: 0) }
  }

  /// Adds a row that could be read, whose hashes name blocks of `tokensPerBlock` tokens.
  ///
  /// - Throws: a fault if it has no tokens; then it is not counted.
  mutating func keep(_ row: TraceRow, _ tokensPerBlock: Int32 = 0) throws(RowFault) {
    guard let time = row.time else { throw RowFault(.missing, field: 0) }
    guard row.prompt > 0 else { throw RowFault(.zero, field: 1) }
    guard row.output > 0 else { throw RowFault(.zero, field: 2) }
    guard let arrival = scale.apply(offset(of: time)) else {
      lineBeyondSpan = line
      return
    }
    rowsRead += 1
    if arrival < latest {
      if backwards == 0 { firstBackwards = line }
      backwards += 1
    }
    latest = max(latest, arrival)
    if keepsBlocks, tokensPerBlock > 0 {
      if traits.namesAllBlocks { expectBlocks(tokensPerBlock) }
      addBlocks(of: row, tokensPerBlock)
    }
    sessions.add(row)
    table.append(at: Instant(picoseconds: arrival), prompt: row.prompt, output: row.output)
  }

  private mutating func addBlocks(of row: TraceRow, _ tokensPerBlock: Int32) {
    if blocks == nil {
      guard !row.hashes.isEmpty else { return }
      expectBlocks(tokensPerBlock)
    }
    blocks?.add(row.hashes, scope: row.scope)
  }

  /// Counts a row that cannot be used.
  mutating func drop(_ row: TraceRow, for fault: RowFault, in text: Span<UInt8>) {
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
  mutating func sorted() -> RequestTable? {
    guard lineBeyondSpan == nil, let first = scale.apply(earliest) else { return nil }
    var result = RequestTable()
    swap(&result, &table)
    result.chains = blocks?.chains
    blocks = nil
    result.turns = sessions.turns()
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
    if sessions.brokenParents > 0 {
      warnings.append(
        "\(path): the turn before is unknown or follows itself in \(rows(sessions.brokenParents));"
          + " each begins a session")
    }
    if sessions.repeatedIDs > 0 {
      warnings.append("\(path): \(rows(sessions.repeatedIDs)) have the id of a row above")
    }
    if backwards > 0, traits.isSorted {
      warnings.append(
        "\(path):\(firstBackwards): arrives before a row above it (\(rows(backwards))); sorted")
    }
    return warnings
  }
}

/// A number of rows in words.
func rows(_ count: Int) -> String { count == 1 ? "1 row" : "\(count) rows" }
