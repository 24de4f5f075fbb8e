internal import Units

/// WEKA's traces of coding agents: a JSON document a session, times in seconds from its start.
///
/// Sessions have no common clock: in a directory, a tar archive or one file they start
/// `TraceOptions.sessionGap` apart in the order of file names. Block ids count within a session,
/// which a subagent shares; a subagent's first turn follows the turn before its spawn. A request
/// without output is a prefill and read as one output token.
/// Source: `traces` of the repository callanjfox/kv-cache-tester.
public struct WekaFormat: DocumentFormat {
  /// The name that an experiment uses.
  public static let name = "weka"
  /// One sentence for `martlet list formats`.
  public static let summary =
    "WEKA's agents: a JSON document a session, or a directory or tar archive of them."
  /// Keys that are read of a session, a request and a subagent.
  public static let fields = [
    "t", "in", "out", "hash_ids", "type", "think_time", "api_time", "requests", "block_size",
    "hash_id_scope",
  ]
  /// No line names the keys.
  public static let hasHeader = false
  /// Sessions of several lines, which overlap.
  public static var traits: TraceTraits {
    var traits = TraceTraits()
    traits.isDocument = true
    traits.isSorted = false
    traits.joinsFiles = true
    traits.hasSessionClocks = true
    return traits
  }
  /// Tokens of a block, as the sessions say.
  public private(set) var tokensPerBlock: Int32 = 0

  private let keys = Self.fields.map { Array($0.utf8) }
  private var gap: Int128 = 0
  private var sessions = 0
  private var turns: Int64 = 0
  private var prefills = 0
  private var blocks: BlockRule?
  private var row = TraceRow()

  /// The turn that the next one follows.
  private struct Turn {
    let id: Int64
    /// When it ended, in picoseconds; nil if that is not recorded.
    let end: Int128?
  }

  /// Whether the file begins with a session.
  public static func recognizes(_ beginning: String) -> Bool {
    isJSON(beginning)
      && (beginning.contains("\"hash_id_scope\"")
        || beginning.contains("\"requests\"") && beginning.contains("\"block_size\""))
  }

  /// Prepares for the sessions from `first` on.
  ///
  /// - Throws: `TraceError` when there is no JSON.
  public init(first: FirstLine, path: String) throws(TraceError) {
    try Self.requireJSON(first, path: path)
  }

  /// Takes the time between starts of sessions.
  public mutating func configure(_ options: TraceOptions) {
    gap = Int128((Instant.zero + Seconds(options.sessionGap)).picoseconds)
  }

  /// Reads one session.
  mutating func parse(
    document: Span<UInt8>, into rows: inout TraceRows
  ) throws(DocumentFault) {
    let values: CSVColumns.Ranges
    let size: Int32
    do throws(RowFault) {
      values = try JSONScanner.values(of: keys, inAll: document)
      size = values[8].isEmpty ? 64 : try RowFault.tokens(document, values[8], field: 8)
      if size == 0 { throw RowFault(.zero, field: 8) }
    } catch {
      throw .row(error)
    }
    if tokensPerBlock == 0 {
      tokensPerBlock = size
      blocks = BlockRule(blockSize: Int(size))
    }
    guard size == tokensPerBlock else {
      throw .file(
        "has blocks of \(size) tokens, sessions before it blocks of \(tokensPerBlock); read them"
          + " apart")
    }
    let start = Int128(sessions) * gap
    rows.promise(noneBefore: start)
    if rows.isFull { return }
    sessions += 1
    row.scope = document.equals(Array("\"global\"".utf8), in: values[9]) ? 0 : UInt64(sessions)
    do throws(RowFault) {
      let before = rows.rowsRead
      try read(document, values[7], from: start, after: nil, into: &rows)
      if rows.rowsRead == before { throw RowFault(.empty, field: 7) }
    } catch {
      throw .row(error)
    }
  }

  /// Reads the requests of a session, or of a subagent that `turn` has spawned.
  private mutating func read(
    _ document: Span<UInt8>, _ list: Range<Int>, from start: Int128, after turn: Turn?,
    into rows: inout TraceRows
  ) throws(RowFault) {
    var last = turn
    var isFirst = true
    try JSONScanner.elements(of: document, in: list, field: 7) { (i) throws(RowFault) in
      let begin = i
      row.time = nil
      do throws(RowFault) {
        let values = try JSONScanner.values(of: keys, in: document, &i)
        let time = start + (try Self.time(document, values[0], field: 0))
        if document.equals(Array("\"subagent\"".utf8), in: values[4]) {
          if values[7].isEmpty { return }
          return try read(document, values[7], from: time, after: last, into: &rows)
        }
        row.time = time
        try readRequest(document, values, after: last, isSpawned: isFirst && turn != nil)
        let isPrefill = row.output == 0
        if isPrefill { row.output = 1 }
        try rows.keep(row, hasBlocks: tokensPerBlock > 0)
        if isPrefill { prefills += 1 }
        let isTwice = hasDuplicates
        blocks?.add(hashes: row.hashes.count, prompt: Int(row.prompt), hasDuplicates: isTwice)
        let duration =
          values[6].isEmpty ? nil : try Self.time(document, values[6], field: 6)
        last = Turn(id: turns, end: duration.map { time + $0 })
        isFirst = false
      } catch {
        rows.drop(row, for: error, in: document)
        i = begin
        _ = try JSONScanner.value(document, &i)
      }
    }
  }

  private mutating func readRequest(
    _ document: Span<UInt8>, _ values: CSVColumns.Ranges, after last: Turn?, isSpawned: Bool
  ) throws(RowFault) {
    for field in 1...2 where values[field].isEmpty { throw RowFault(.missing, field: field) }
    row.prompt = try RowFault.tokens(document, values[1], field: 1)
    row.output = try RowFault.tokens(document, values[2], field: 2)
    row.hashes.removeAll(keepingCapacity: true)
    try JSONScanner.naturals(of: document, in: values[3], field: 3, into: &row.hashes)
    turns += 1
    row.id = turns
    row.session = "\(sessions)"
    row.parent = last?.id
    row.isFirstTurn = last == nil
    row.delay = nil
    guard let last else { return }
    // A subagent's own think_time counts from its spawn, not from the turn before.
    var delay: Int128?
    if !values[5].isEmpty { delay = try Self.time(document, values[5], field: 5) }
    if let time = row.time, let end = last.end, isSpawned || delay == nil {
      delay = max(0, time - end)
    }
    guard let delay else { return }
    guard let delay = Int64(exactly: delay) else {
      throw RowFault(.tooLarge, field: 5, at: values[5])
    }
    row.delay = delay
  }

  private var hasDuplicates: Bool {
    let ids = row.hashes
    if zip(ids, ids.dropFirst()).allSatisfy({ $0 < $1 }) { return false }
    let all = ids.sorted()
    return zip(all, all.dropFirst()).contains { $0 == $1 }
  }

  private static func time(
    _ document: Span<UInt8>, _ range: Range<Int>, field: Int
  ) throws(RowFault) -> Int128 {
    if range.isEmpty { throw RowFault(.missing, field: field) }
    return try RowFault.time(document, range, field: field, power: 12)
  }

  /// Adds what all sessions together showed.
  public func conclude(_ report: inout TraceReport) {
    if sessions > 1 {
      let seconds = Seconds(Double(gap) * 1e-12)
      report.warnings.append(
        "\(sessions) sessions, each with a clock of its own, start \(seconds) apart (session_gap)")
    }
    if prefills > 0 {
      report.warnings.append("out is 0 in \(rows(prefills)): prefills, read as one output token")
    }
    guard let blocks, blocks.rowsWithHashes > 0 else { return }
    report.blocks = blocks
    if blocks.violations > 0 {
      report.warnings.append(
        "hash_ids of \(rows(blocks.violations)) do not fit in at blocks of \(blocks.blockSize)"
          + " tokens")
    }
    if blocks.rowsWithDuplicates > 0 {
      report.warnings.append("hash_ids of \(rows(blocks.rowsWithDuplicates)) have an id twice")
    }
  }
}
