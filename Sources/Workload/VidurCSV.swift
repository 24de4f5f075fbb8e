public import Metrics
internal import Units

/// Writes requests in the format `vidur`, arrivals in seconds with 12 decimals: exact picoseconds.
///
/// Read back with `rebase` off it is the same table; with it on, arrivals count from the first.
public func vidurCSV(_ requests: RequestTable) -> [UInt8] {
  var text = Array((VidurFormat.fields.joined(separator: ",") + "\n").utf8)
  text.reserveCapacity(text.count + 32 * requests.count)
  for row in 0..<requests.count {
    let (seconds, rest) = requests.arrival[row].picoseconds
      .quotientAndRemainder(dividingBy: 1_000_000_000_000)
    append(seconds, to: &text)
    text.append(.point)
    append(rest, digits: 12, to: &text)
    text.append(.comma)
    append(Int64(requests.prompt[row]), to: &text)
    text.append(.comma)
    append(Int64(requests.output[row]), to: &text)
    text.append(.newline)
  }
  return text
}

/// Appends a number that is not negative, with zeros before it to make at least `digits` digits.
func append(_ number: Int64, digits: Int = 1, to text: inout [UInt8]) {
  let start = text.count
  var rest = number
  while rest > 0 || text.count - start < digits {
    text.append(UInt8(ascii: "0") + UInt8(rest % 10))
    rest /= 10
  }
  text[start...].reverse()
}
