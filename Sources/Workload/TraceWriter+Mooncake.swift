internal import Metrics
internal import Units

extension TraceWriter {
  /// By block how many others appear before it.
  static func numbersByAppearance(_ chains: PromptChains?) -> [Int32] {
    guard let chains else { return [] }
    var numbers = [Int32](repeating: -1, count: chains.distinct)
    var next: Int32 = 0
    for block in chains.blocks where numbers[Int(block)] < 0 {
      numbers[Int(block)] = next
      next += 1
    }
    return numbers
  }

  /// One JSON object as Mooncake writes it, which has no `hash_ids` where the table has no blocks.
  func writeMooncake(_ row: Int, to text: inout [UInt8]) {
    func key(_ name: StaticString) {
      name.withUTF8Buffer { text.append(contentsOf: $0) }
    }
    key("{")
    if !isUntimed(row) {
      key("\"timestamp\": ")
      text.append(milliseconds: requests.arrival[row].picoseconds)
      key(", ")
    }
    key("\"input_length\": ")
    text.append(Int64(requests.prompt[row]))
    key(", \"output_length\": ")
    text.append(Int64(requests.output[row]))
    if let chains = requests.chains {
      key(", \"hash_ids\": [")
      let range = chains.range(of: row)
      for place in range {
        if place > range.lowerBound { key(", ") }
        text.append(Int64(blockNumbers[Int(chains.blocks[place])]))
      }
      key("]")
    }
    if let turns = requests.turns {
      key(", \"session_id\": \"")
      text.append(Int64(turns.session[row]))
      key("\"")
      if turns.delay[row] >= 0 {
        key(", \"delay\": ")
        text.append(milliseconds: turns.delay[row])
      }
    }
    key("}")
  }

  /// What a file says nothing of, or leaves to its readers, in words; one line each.
  public var losses: [String] {
    let chains = requests.chains
    var losses: [String] = []
    switch format {
    case .csv, .jsonl: break
    case .vidur:
      if chains != nil { losses.append("format vidur has no prompt blocks; they are left out") }
      if requests.turns != nil { losses.append("format vidur has no sessions; they are left out") }
    case .mooncake:
      if let chains, chains.tokensPerBlock != 512 {
        losses.append(
          "format mooncake does not say how long a block is: these have \(chains.tokensPerBlock)"
            + " tokens, its readers expect 512")
      }
      if requests.turns?.hasLostOutputs == true {
        losses.append("format mooncake does not say that answers are not repeated")
      }
      if requests.turns?.hasForks == true {
        losses.append("format mooncake has no forks: a turn follows the last one of its session")
      }
    }
    return losses
  }
}

extension SessionTurns {
  /// Whether a turn follows another than the last one of its session.
  fileprivate var hasForks: Bool {
    var last = [Int32](repeating: -1, count: Int(session.max() ?? -1) + 1)
    for row in session.indices {
      if parent[row] != last[Int(session[row])] { return true }
      last[Int(session[row])] = Int32(row)
    }
    return false
  }
}

extension [UInt8] {
  /// Appends picoseconds that are not negative as milliseconds, with the decimals they need.
  fileprivate mutating func append(milliseconds picoseconds: Int64) {
    let (whole, rest) = picoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    append(whole)
    guard rest > 0 else { return }
    append(.point)
    append(rest, digits: 9)
    while last == UInt8(ascii: "0") { removeLast() }
  }
}
