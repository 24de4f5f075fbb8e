/// Every trace format that can be read.
///
/// **The one line to add when you add a file here.**
public let traceFormats: [any TraceFormat.Type] = [
  AzureFormat.self,
  LLMServingSimFormat.self,
  MartletCSVFormat.self,
  MartletJSONFormat.self,
  MeasuredFormat.self,
  MooncakeFormat.self,
  ShareGPTFormat.self,
  VidurFormat.self,
  VLLMCustomFormat.self,
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
  /// Names of the columns or keys that are read: the arrival time, prompt tokens, output tokens,
  /// and whatever else; a `RowFault` refers to them by index.
  static var fields: [String] { get }
  /// Whether the first line names the columns.
  static var hasHeader: Bool { get }
  /// How its files differ from a plain table of rows.
  static var traits: TraceTraits { get }
  /// Tokens of the prompt blocks that `TraceRow.hashes` names; 0 if it names none.
  var tokensPerBlock: Int32 { get }

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
  /// Most files are plain tables of rows.
  public static var traits: TraceTraits { TraceTraits() }

  /// Most formats have nothing to be said of them.
  public mutating func configure(_ options: TraceOptions) {}

  /// Most formats know nothing of blocks.
  public var tokensPerBlock: Int32 { 0 }

  /// Most formats have nothing to add.
  public func conclude(_ report: inout TraceReport) {}

  /// Calls `parse` for each line.
  public mutating func read(
    _ lines: Span<UInt8>, into rows: inout TraceRows
  ) throws(TraceError) -> Int {
    var start = 0
    var row = TraceRow()
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
          try rows.keep(row, tokensPerBlock)
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

  /// A plain table of rows in order of arrival.
  public init() {}
}

/// Why a row cannot be used.
public struct RowFault: Error, Equatable, Sendable {
  /// What is wrong.
  public enum Kind: UInt8, Sendable {
    /// Fewer values than column names.
    case tooFewFields
    /// More values than column names.
    case tooManyFields
    /// A quoted value that does not end, or goes on after its end.
    case quote
    /// No value.
    case empty
    /// Text that is no date and time.
    case timestamp
    /// Text that is no number.
    case number
    /// Text that is no whole number.
    case whole
    /// A number below 0.
    case negative
    /// A number too large to be meant.
    case tooLarge
    /// No tokens.
    case zero
    /// A line of JSON that is no object.
    case object
    /// A line that breaks JSON's grammar.
    case json
    /// A line that ends too early.
    case truncated
    /// A key that is not there.
    case missing
    /// A value of null.
    case null
    /// A key that is there twice.
    case twice
    /// A list with something else than whole numbers.
    case list
    /// Something else than a text.
    case text
    /// A value that contradicts the rows above.
    case differs
    /// A text shorter or longer than vLLM's sampler takes.
    case outside
  }

  /// What is wrong.
  public let kind: Kind
  /// The index in `TraceFormat.fields`; −1 if the whole line is wrong.
  public let field: Int
  /// Where in the line the trouble is, for the message.
  public let range: Range<Int>

  /// A fault of a whole line, or of what stands at `range` in it.
  public init(_ kind: Kind, field: Int = -1, at range: Range<Int> = 0..<0) {
    self.kind = kind
    self.field = field
    self.range = range
  }

  /// The fault in words; `value` is what stands there, empty if nothing is to be shown.
  func description(fields: [String], value: String = "") -> String {
    let name = fields.indices.contains(field) ? fields[field] : "the line"
    let subject = value.isEmpty ? name : "\(name) \"\(value)\""
    return switch kind {
    case .tooFewFields: "too few fields"
    case .tooManyFields: "too many fields"
    case .quote: "a quoted field does not end where it should"
    case .empty: "\(name) is empty"
    case .timestamp: "\(subject) is not a date and time"
    case .number: "\(subject) is not a number"
    case .whole: "\(subject) is not a whole number"
    case .negative: "\(subject) is negative"
    case .tooLarge: "\(subject) is too large"
    case .zero: "\(name) is 0"
    case .object: "\(subject) is not a JSON object"
    case .json: value.isEmpty ? "invalid JSON" : "invalid JSON at \"\(value)\""
    case .truncated: "the line ends inside its JSON object"
    case .missing: "\(name) is missing"
    case .null: "\(name) is null"
    case .twice: "\(name) occurs twice"
    case .list: "\(subject) is not a list of whole numbers"
    case .text: "\(subject) is not a text"
    case .differs: "\(subject) differs from the rows above"
    case .outside: "\(name) are outside what vLLM samples"
    }
  }
}
