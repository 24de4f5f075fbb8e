public import Metrics
internal import Units

/// Writes requests as a trace, a row at a time, times in seconds with 12 decimals: exact
/// picoseconds.
///
/// Our own formats keep everything that a trace says of a request and read back as the same table;
/// columns that a table does not have are left out. `vidur` has times and tokens only,
/// `mooncake` the names of sessions and blocks, these numbered by first appearance.
public struct TraceWriter: Sendable {
  /// How requests are written.
  public enum Format: String, Sendable, CaseIterable {
    /// Our own as CSV, the format `martlet`.
    case csv
    /// Our own as a JSON object a line, the format `martlet-jsonl`.
    case jsonl
    /// The format `vidur`.
    case vidur
    /// The format `mooncake`, its times in milliseconds with up to nine decimals.
    case mooncake

    /// The name by which such a file is read.
    public var name: String {
      switch self {
      case .csv: MartletCSVFormat.name
      case .jsonl: MartletJSONFormat.name
      case .vidur: VidurFormat.name
      case .mooncake: MooncakeFormat.name
      }
    }
  }

  let requests: RequestTable
  let format: Format
  /// By block its number in the format `mooncake`; empty for others.
  let blockNumbers: [Int32]

  /// A writer of `requests`, whose arrivals are known.
  public init(_ requests: RequestTable, as format: Format) {
    self.requests = requests
    self.format = format
    blockNumbers = format == .mooncake ? Self.numbersByAppearance(requests.chains) : []
  }

  /// Number of rows.
  public var count: Int { requests.count }

  /// The line before the rows; empty for a format without one.
  public var header: String {
    switch format {
    case .jsonl, .mooncake: return ""
    case .vidur: return VidurFormat.fields.joined(separator: ",") + "\n"
    case .csv:
      var names = ["request_id", "arrival_s", "input_tokens", "output_tokens"]
      if requests.turns != nil { names += ["session_id", "parent_id", "delay_s"] }
      if requests.chains != nil { names += ["block_size", "blocks"] }
      if keepsMarks { names.append("keep_output") }
      return names.joined(separator: ",") + "\n"
    }
  }

  /// Whether rows say which answers turns after them repeat: all do where there is no such mark.
  private var keepsMarks: Bool { requests.turns?.hasLostOutputs ?? false }

  /// Whether the request in `row` has a delay in place of an arrival.
  func isUntimed(_ row: Int) -> Bool { requests.turns?.isUntimed(row) ?? false }

  /// Appends the request in `row` with its line break.
  public func write(_ row: Int, to text: inout [UInt8]) {
    switch format {
    case .csv: writeCSV(row, to: &text)
    case .jsonl: writeJSON(row, to: &text)
    case .mooncake: writeMooncake(row, to: &text)
    case .vidur:
      text.append(seconds: requests.arrival[row].picoseconds)
      text.append(.comma)
      text.append(Int64(requests.prompt[row]))
      text.append(.comma)
      text.append(Int64(requests.output[row]))
    }
    text.append(.newline)
  }

  /// All of it.
  public var bytes: [UInt8] {
    var text = Array(header.utf8)
    for row in 0..<count { write(row, to: &text) }
    return text
  }

  private func writeCSV(_ row: Int, to text: inout [UInt8]) {
    text.append(Int64(row))
    text.append(.comma)
    if !isUntimed(row) { text.append(seconds: requests.arrival[row].picoseconds) }
    text.append(.comma)
    text.append(Int64(requests.prompt[row]))
    text.append(.comma)
    text.append(Int64(requests.output[row]))
    if let turns = requests.turns {
      text.append(.comma)
      text.append(Int64(turns.session[row]))
      text.append(.comma)
      if turns.parent[row] >= 0 { text.append(Int64(turns.parent[row])) }
      text.append(.comma)
      if turns.delay[row] >= 0 { text.append(seconds: turns.delay[row]) }
    }
    if let chains = requests.chains {
      text.append(.comma)
      text.append(Int64(chains.tokensPerBlock))
      text.append(.comma)
      writeBlocks(of: row, chains, separator: .space, to: &text)
    }
    if keepsMarks, let turns = requests.turns {
      text.append(contentsOf: turns.losesOutput(row) ? ",false".utf8 : ",true".utf8)
    }
  }

  private func writeJSON(_ row: Int, to text: inout [UInt8]) {
    func key(_ name: StaticString) {
      name.withUTF8Buffer { text.append(contentsOf: $0) }
    }
    key("{\"request_id\":")
    text.append(Int64(row))
    key(",\"arrival_s\":")
    if isUntimed(row) {
      key("null")
    } else {
      text.append(seconds: requests.arrival[row].picoseconds)
    }
    key(",\"input_tokens\":")
    text.append(Int64(requests.prompt[row]))
    key(",\"output_tokens\":")
    text.append(Int64(requests.output[row]))
    if let turns = requests.turns {
      key(",\"session_id\":")
      text.append(Int64(turns.session[row]))
      key(",\"parent_id\":")
      if turns.parent[row] >= 0 { text.append(Int64(turns.parent[row])) } else { key("null") }
      key(",\"delay_s\":")
      if turns.delay[row] >= 0 { text.append(seconds: turns.delay[row]) } else { key("null") }
    }
    if let chains = requests.chains {
      key(",\"block_size\":")
      text.append(Int64(chains.tokensPerBlock))
      key(",\"blocks\":[")
      writeBlocks(of: row, chains, separator: .comma, to: &text)
      key("]")
    }
    if keepsMarks, let turns = requests.turns {
      key(turns.losesOutput(row) ? ",\"keep_output\":false" : ",\"keep_output\":true")
    }
    key("}")
  }

  private func writeBlocks(
    of row: Int, _ chains: PromptChains, separator: UInt8, to text: inout [UInt8]
  ) {
    let range = chains.range(of: row)
    for place in range {
      if place > range.lowerBound { text.append(separator) }
      text.append(Int64(chains.blocks[place]))
    }
  }
}

extension [UInt8] {
  /// Appends picoseconds that are not negative as seconds.
  mutating func append(seconds picoseconds: Int64) {
    let (seconds, rest) = picoseconds.quotientAndRemainder(dividingBy: 1_000_000_000_000)
    append(seconds)
    append(.point)
    append(rest, digits: 12)
  }

  /// Appends a number that is not negative, with zeros before it to make at least `digits` digits.
  mutating func append(_ number: Int64, digits: Int = 1) {
    let start = count
    var rest = UInt64(number)
    while rest > 0 || count - start < digits {
      append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    }
    self[start...].reverse()
  }
}
