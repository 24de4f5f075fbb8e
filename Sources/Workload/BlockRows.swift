/// What the formats share that have one JSON object a line with the names of prompt blocks.
struct BlockRows: Sendable {
  /// Lines in order of arrival, with blocks of any size.
  static var traits: TraceTraits {
    var traits = TraceTraits()
    traits.leavesBlockSize = true
    return traits
  }
  /// The members of the last line.
  private(set) var members: JSONMembers
  /// How names fit the prompts.
  private(set) var blocks: BlockRule
  private let power: Int
  private let isChained: Bool
  /// Whether the user said how many tokens a block has.
  private var isGiven = false

  /// Rows with `keys`, of which the first four are the arrival in units of 10^`power` ps, prompt
  /// and output tokens, and names of blocks of `tokensPerBlock` tokens.
  init(keys: [String], power: Int, tokensPerBlock: Int, isChained: Bool) {
    members = JSONMembers(keys, list: keys[3])
    blocks = BlockRule(blockSize: tokensPerBlock)
    self.power = power
    self.isChained = isChained
  }

  /// Tokens of a block: what the user says, what all rows fit, or what the format has.
  var tokensPerBlock: Int32 {
    Int32(clamping: isGiven ? blocks.blockSize : blocks.betterSize ?? blocks.blockSize)
  }

  /// Takes the block size that the user says.
  mutating func configure(_ options: TraceOptions) {
    guard let size = options.blockTokens else { return }
    blocks = BlockRule(blockSize: size)
    isGiven = true
  }

  /// Finds the members of a line and reads the first four; an arrival may be missing.
  mutating func parse(_ line: Span<UInt8>, into row: inout TraceRow) throws(RowFault) {
    try members.read(line, into: &row.hashes)
    if members.has(0) {
      row.time = try RowFault.time(line, try members.value(0, line), field: 0, power: power)
    }
  }

  /// Reads the lengths and checks the names of blocks.
  mutating func parseLengths(_ line: Span<UInt8>, into row: inout TraceRow) throws(RowFault) {
    row.prompt = try RowFault.tokens(line, try members.value(1, line), field: 1)
    row.output = try RowFault.tokens(line, try members.value(2, line), field: 2)
    try members.checkList(line)
    if let count = members.names {
      blocks.add(
        hashes: count, prompt: Int(row.prompt),
        hasDuplicates: isChained && members.hasDuplicates)
    }
  }

  /// Adds what all rows together showed.
  func conclude(_ report: inout TraceReport) {
    guard blocks.rowsWithHashes > 0 else { return }
    var found = blocks
    if !isGiven, let size = blocks.betterSize {
      found = blocks.resized(to: size)
      report.warnings.append(
        "hash_ids do not fit input_length at blocks of \(blocks.blockSize) tokens; all rows fit"
          + " blocks of \(size) tokens, which they are read with"
          + (size == 16 && power == 9
            ? "; if times are seconds the format is \(VLLMTimedTraceFormat.name)" : ""))
    }
    report.blocks = found
    if found.violations > 0 {
      report.warnings.append(
        "hash_ids of \(rows(found.violations)) do not fit input_length at blocks of"
          + " \(found.blockSize) tokens (\(found.short) too short: the rest of the prompt is taken"
          + " as its own; \(found.long) too long: cut)")
    }
    if found.rowsWithDuplicates > 0 {
      report.warnings.append("hash_ids of \(rows(found.rowsWithDuplicates)) have an id twice")
    }
  }
}
