import Kernel
import Metrics
import Testing
import Workload

/// The numbers of blocks against a dictionary of whole beginnings.
@Suite struct ChainInternerTests {
  /// Small names in order, names around the bound of what is found by index, hashes of 64 bits,
  /// and names that stand after several others.
  @Test(arguments: [UInt64(1), 2, 3, 4])
  func `equal numbers mean equal beginnings`(seed: UInt64) throws {
    var stream = RandomStream(seed: seed, name: "names")
    var rows: [[UInt64]] = []
    var fresh: UInt64 = 0
    for _ in 0..<1500 {
      var row: [UInt64] = []
      if let old = rows.last, stream.below(2) == 0 {
        row = Array(rows[stream.below(rows.count)].prefix(1 + stream.below(max(1, old.count))))
      }
      for _ in 0..<stream.below(12) {
        switch stream.below(4) {
        case 0: row.append(UInt64(stream.below(150_000)))
        case 1: row.append(UInt64(stream.below(40)) &* 0x9E37_79B9_7F4A_7C15)
        default:
          row.append(fresh)
          fresh += 1
        }
      }
      rows.append(row)
    }
    let text = rows.map { row in
      let ids = row.map { "\($0)" }.joined(separator: ", ")
      return "{\"timestamp\": 0, \"input_length\": \(max(1, 512 * row.count)), "
        + "\"output_length\": 1, \"hash_ids\": [\(ids)]}"
    }.joined(separator: "\n")
    let chains = try #require(try read(text).requests.chains)
    var numbers: [[UInt64]: Int32] = [:]
    for (row, names) in rows.enumerated() {
      var expected: [Int32] = []
      for end in names.indices {
        let beginning = Array(names[...end])
        let number = numbers[beginning] ?? Int32(numbers.count)
        numbers[beginning] = number
        expected.append(number)
      }
      #expect(Array(chains.blocks[chains.range(of: row)]) == expected)
    }
    #expect(chains.distinct == numbers.count)
  }
}
