public import Metrics
internal import Units

/// Writes requests in the format `mooncake`: one JSON object a line, `timestamp` in milliseconds
/// with up to nine decimals (exact picoseconds), `hash_ids` numbered by first appearance.
///
/// Requests without blocks have no `hash_ids`; those of sessions name them as `session_id`.
public func mooncakeJSON(_ requests: RequestTable) -> [UInt8] {
  var text: [UInt8] = []
  text.reserveCapacity(96 * requests.count + 8 * (requests.chains?.blocks.count ?? 0))
  var numbers = [Int64](repeating: -1, count: requests.chains?.distinct ?? 0)
  var next: Int64 = 0
  for row in 0..<requests.count {
    text.append(contentsOf: "{\"timestamp\": ".utf8)
    let (whole, rest) = requests.arrival[row].picoseconds
      .quotientAndRemainder(dividingBy: 1_000_000_000)
    append(whole, to: &text)
    if rest > 0 {
      text.append(.point)
      append(rest, digits: 9, to: &text)
      while text.last == UInt8(ascii: "0") { text.removeLast() }
    }
    text.append(contentsOf: ", \"input_length\": ".utf8)
    append(Int64(requests.prompt[row]), to: &text)
    text.append(contentsOf: ", \"output_length\": ".utf8)
    append(Int64(requests.output[row]), to: &text)
    if let chains = requests.chains {
      text.append(contentsOf: ", \"hash_ids\": [".utf8)
      for (i, place) in chains.range(of: row).enumerated() {
        let block = Int(chains.blocks[place])
        if numbers[block] < 0 {
          numbers[block] = next
          next += 1
        }
        if i > 0 { text.append(contentsOf: ", ".utf8) }
        append(numbers[block], to: &text)
      }
      text.append(UInt8(ascii: "]"))
    }
    if let turns = requests.turns {
      text.append(contentsOf: ", \"session_id\": \"".utf8)
      append(Int64(turns.session[row]), to: &text)
      text.append(.quote)
    }
    text.append(contentsOf: "}\n".utf8)
  }
  return text
}
