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
    /// A request that got no answer: no output tokens, in a file that records failures so.
    case failed
    /// A request that ended with an error.
    case error
    /// A request that was given up.
    case timeout
    /// Another end than a good one.
    case status
    /// A request that is not for a language model.
    case kind
    /// A prompt that is given as text, whose tokens nobody has counted.
    case text
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
    case notText
    /// Something else than true and false.
    case bool
    /// A value that contradicts the rows above.
    case differs
    /// A text shorter or longer than vLLM's sampler takes.
    case outside
    /// A line of a header that goes on: no row, and no fault.
    case noRow
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
    case .failed: "the request failed: \(name) is 0"
    case .error: "\(name) is error"
    case .timeout: "\(name) is timeout"
    case .status: "\(subject) is not ok"
    case .kind: "\(subject) is not 2, a language model's"
    case .text: "\(name) is missing, the prompt is given as text"
    case .object: "\(subject) is not a JSON object"
    case .json: value.isEmpty ? "invalid JSON" : "invalid JSON at \"\(value)\""
    case .truncated: "the line ends inside its JSON object"
    case .missing: "\(name) is missing"
    case .null: "\(name) is null"
    case .twice: "\(name) occurs twice"
    case .notText: "\(subject) is not a text"
    case .bool: "\(subject) is neither true nor false"
    case .differs: "\(subject) differs from the rows above"
    case .outside: "\(name) are outside what vLLM samples"
    case .list: "\(subject) is not a list of whole numbers"
    case .noRow: "no row"
    }
  }
}
