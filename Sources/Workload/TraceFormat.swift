/// Every trace format that can be read.
///
/// **The one line to add when you add a file here.**
public let traceFormats: [any TraceFormat.Type] = [
  AzureFormat.self,
  AzureLMMFormat.self,
  BLISFormat.self,
  BurstGPTFormat.self,
  LLMServingSimFormat.self,
  MartletCSVFormat.self,
  MartletJSONFormat.self,
  MeasuredFormat.self,
  MooncakeFormat.self,
  QwenBailianFormat.self,
  ShareGPTFormat.self,
  SplitwiseSimFormat.self,
  VidurFormat.self,
  VidurLengthsFormat.self,
  VLLMCustomFormat.self,
  VLLMTimedTraceFormat.self,
  WekaFormat.self,
]

/// A way to write requests down, one row a line.
///
/// A format parses single lines; reading files, dropping and counting bad rows, sorting, scaling
/// and hashing are the same for all formats and done by `readTrace`.
public protocol TraceFormat: Sendable {
  /// The name that a file or the command line uses.
  static var name: String { get }
  /// One sentence on what is recorded, for lists.
  static var summary: String { get }
  /// Names of the columns or keys that a file must have: the arrival time, prompt tokens, output
  /// tokens, and whatever else.
  static var fields: [String] { get }
  /// Names of those that are read where they are; a `RowFault` counts them on from `fields`.
  static var optionalFields: [String] { get }
  /// Whether the first line names the columns.
  static var hasHeader: Bool { get }
  /// How its files differ from a plain table of rows.
  static var traits: TraceTraits { get }
  /// Tokens of the prompt blocks that `TraceRow.hashes` names, as far as the rows read tell; 0 if
  /// it names none.
  var tokensPerBlock: Int32 { get }
  /// Whether a name is meant to stand for its block and all before it, so that it has one
  /// predecessor; others are counted and reported.
  var hasChainedNames: Bool { get }

  /// Whether a file that begins with `firstLine` is in this format; names of files say nothing.
  ///
  /// Of documents `firstLine` is the beginning, several lines where there are.
  static func recognizes(_ firstLine: String) -> Bool

  /// Starts to read a file.
  ///
  /// - Throws: `TraceError` when `first` is no beginning of such a file.
  init(first: FirstLine, path: String) throws(TraceError)

  /// Takes what the user says of such files; called once, before anything is read.
  mutating func configure(_ options: TraceOptions)

  /// Reads one line, which is not blank.
  ///
  /// Sets `row.time` as soon as it is known: a row that is dropped still counts as the first.
  mutating func parse(_ line: Span<UInt8>, into row: inout TraceRow) throws(RowFault)

  /// Adds what only this format can say to the report, once all rows are read.
  func conclude(_ report: inout TraceReport)

  /// Reads whole lines until `rows` has enough, and answers how many bytes that took.
  ///
  /// The default is meant to be kept. It is a requirement so that the loop over rows runs inside
  /// the concrete type: one indirect call a chunk, none a row.
  mutating func read(_ lines: Span<UInt8>, into rows: inout TraceRows) throws(TraceError) -> Int
}

extension TraceFormat {
  /// Most formats have one way to be written.
  public static var optionalFields: [String] { [] }
  /// Most files are plain tables of rows.
  public static var traits: TraceTraits { TraceTraits() }
  /// Most formats know nothing of blocks.
  public var tokensPerBlock: Int32 { 0 }
  /// Most that do know name the whole beginning of a prompt.
  public var hasChainedNames: Bool { true }

  /// Most formats leave no choice.
  public mutating func configure(_ options: TraceOptions) {}

  /// Most formats have nothing to add.
  public func conclude(_ report: inout TraceReport) {}

  /// Calls `parse` for each line.
  public mutating func read(
    _ lines: Span<UInt8>, into rows: inout TraceRows
  ) throws(TraceError) -> Int {
    var start = 0
    var row = TraceRow()
    // Asked once: ours learn the size of a block from their rows, so they always may have some.
    let hasBlocks = tokensPerBlock > 0 || Self.traits.namesAllBlocks
    while start < lines.count, !rows.isFull {
      let end = lines.lineEnd(from: start)
      let content = lines.trimmed(start..<end)
      rows.line += 1
      if content.isEmpty {
        rows.blankLines += 1
      } else {
        let line = lines.extracting(content)
        row.reset()
        do throws(RowFault) {
          try parse(line, into: &row)
          try rows.keep(row, hasBlocks: hasBlocks)
        } catch {
          rows.drop(row, for: error, in: line)
        }
      }
      start = end + 1
    }
    return min(start, lines.count)
  }
}

/// How the files of a format differ from a plain table of rows.
public struct TraceTraits: Sendable {
  /// Whether they hold JSON objects of any number of lines each, one after another or in an array.
  public var isDocument = false
  /// Whether rows say when they arrive; if not they arrive at once, or as a Poisson process of
  /// `TraceOptions.rate`.
  public var hasTimes = true
  /// Whether rows are meant to stand in order of arrival.
  public var isSorted = true
  /// Whether a file with a block size names the blocks of all prompts: without any, nothing is
  /// shared.
  public var namesAllBlocks = false
  /// Whether times count from the zero of the file's clock, not from the first row.
  public var keepsZero = false
  /// Whether the files of a directory or tar archive make one trace; then
  /// `TraceOptions.limit` counts in order of arrival.
  public var joinsFiles = false
  /// Whether files do not say how many tokens a block has, so that `TraceOptions.blockTokens` may.
  public var leavesBlockSize = false
  /// Whether each session has a clock of its own; they start `TraceOptions.sessionGap` apart.
  public var hasSessionClocks = false
  /// Whether there are texts in place of token counts, with `TraceOptions.charactersPerToken`.
  public var hasTexts = false

  /// A plain table of rows in order of arrival.
  public init() {}
}
