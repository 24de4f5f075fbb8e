import Foundation
import TestSupport
import Testing

/// `martlet cache` as scripts meet it.
@Suite struct CacheCommandTests {
  private struct Row: Decodable, Equatable {
    let policy: String
    let capacityBlocks: Int
    let order: String
    let variant: String
    let requests: Int
    let blockAccesses: Int
    let prefixHits: Int
    let plainHits: Int
    let prefixHitRatio: Double
    let plainHitRatio: Double
  }

  private let directory: TestDirectory

  /// Four requests of 2, 3, 1 and 3 blocks of 512 tokens; the last blocks of the first and of the
  /// fourth are partial.
  init() throws {
    directory = try TestDirectory()
    let rows = [(1000, [7, 8]), (1536, [7, 9, 4]), (512, [5]), (1500, [7, 9, 4])]
    let lines = rows.enumerated().map { i, row in
      #"{"timestamp": \#(i), "input_length": \#(row.0), "output_length": 1, "hash_ids": "#
        + "\(row.1)}\n"
    }
    _ = try directory.write(lines.joined(), to: "t.jsonl")
    _ = try directory.write(
      "arrived_at,num_prefill_tokens,num_decode_tokens\n0,5,5\n", to: "plain.csv")
  }

  private func martlet(_ arguments: String) throws -> Binary.Outcome {
    try #require(
      try Binary.martlet(arguments.split(separator: " ").map(String.init), in: directory))
  }

  private func rows(_ arguments: String) throws -> [Row] {
    let outcome = try martlet("cache t.jsonl --json " + arguments)
    #expect(outcome.code == 0 && outcome.errors == "", "\(outcome.errors)")
    return try decoded([Row].self, from: outcome.output)
  }

  @Test func `JSON has a row for each policy at each capacity with the keys of the reference`()
    throws
  {
    let found = try rows("--policies lru,min,infinite --capacity 3,9")
    #expect(found.map(\.policy) == ["lru", "lru", "min", "min", "infinite", "infinite"])
    #expect(found.map(\.capacityBlocks) == [3, 9, 3, 9, 3, 9])
    #expect(found.map(\.order) == ["rev", "rev", "fwd", "fwd", "rev", "rev"])
    #expect(found.allSatisfy { $0.variant == "all_blocks" && $0.requests == 4 })
    #expect(found.allSatisfy { $0.blockAccesses == 9 })
    // By hand. LRU with 3 blocks: 8 7 | 4 9 7 push 8 out | 5 pushes 4 out | 7 9 hit.
    #expect(found.map(\.prefixHits) == [3, 4, 4, 4, 4, 4])
    #expect(found[0].prefixHitRatio == 3.0 / 9)
    let keys = try martlet("cache t.jsonl --json --policies lru --capacity 3").output
      .split(separator: "\"").filter { $0.hasSuffix("s") || $0.contains("_") || $0 == "order" }
    #expect(keys.contains("capacity_blocks") && keys.contains("block_accesses"))
  }

  @Test func `only full blocks count when asked, and the order is the one asked for`() throws {
    let found = try rows("--policies lru --capacity 9 --blocks full --order fwd")
    // 1, 3, 1 and 2 full blocks; the second request finds 7, the fourth 7 and 9.
    #expect(found.map(\.variant) == ["full_blocks_only"])
    #expect(found.map(\.order) == ["fwd"])
    #expect(found.map(\.blockAccesses) == [7])
    #expect(found.map(\.prefixHits) == [3])
  }

  @Test func `all are all that are listed, and jobs change no byte`() throws {
    let one = try martlet("cache t.jsonl --capacity 1..10 --json --jobs 1")
    let three = try martlet("cache t.jsonl --capacity 1..10 --json --jobs 3")
    #expect(one.output == three.output)
    let found = try decoded([Row].self, from: one.output)
    struct Named: Decodable { let name: String }
    let listed = try decoded([Named].self, from: try martlet("list evictions --json").output)
    #expect(Set(found.map(\.policy)) == Set(listed.map(\.name)))
    // 1, 1·10^(1/4) = 1.8, 3.2, 5.6, 10.
    #expect(found.prefix(5).map(\.capacityBlocks) == [1, 2, 3, 6, 10])
  }

  @Test func `options follow the name and stay in the row`() throws {
    let found = try rows("--policies lru-k:k=3,mark0:error=0.5:predictor=history --capacity 3")
    #expect(found.map(\.policy) == ["lru-k:k=3", "mark0:error=0.5:predictor=history"])
  }

  @Test func `a request without output tokens asks the cache, too`() throws {
    let row = #"{"timestamp": 9, "input_length": 512, "output_length": 0, "hash_ids": [7]}"#
    _ = try directory.write(row + "\n" + row + "\n", to: "silent.jsonl")
    let outcome = try martlet("cache silent.jsonl --policies lru --capacity 3 --json")
    #expect(try decoded([Row].self, from: outcome.output).map(\.prefixHits) == [1])
    #expect(outcome.errors == "")
  }

  @Test func `files are written whole, and an existing directory is kept without --force`() throws {
    let command = "cache t.jsonl --policies lru,min --capacity 1..100 --out curves"
    let first = try martlet(command)
    #expect(first.code == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(directory.path)/curves")
    if first.errors.isEmpty {
      #expect(names.sorted() == ["cache.csv", "columns.json", "miss-ratio.svg"])
      #expect(first.output.hasSuffix("wrote curves/{cache.csv,columns.json,miss-ratio.svg}\n"))
    } else {
      #expect(first.errors.hasPrefix("warning: no miss-ratio.svg: gnuplot is missing"))
      #expect(names.sorted() == ["cache.csv", "columns.json"])
    }
    let csv = try String(contentsOfFile: "\(directory.path)/curves/cache.csv", encoding: .utf8)
    #expect(
      csv.hasPrefix(
        "policy,capacity_blocks,order,variant,requests,block_accesses,prefix_hits,plain_hits,"
          + "prefix_hit_ratio,plain_hit_ratio\nlru,1,rev,all_blocks,4,9,"))
    #expect(csv.split(separator: "\n").count == 1 + 2 * 9)
    let again = try martlet(command)
    #expect(again.code == 2 && again.output == "")
    #expect(again.errors.contains("curves: exists"))
    #expect(try martlet(command + " --force").code == 0)
    #expect(try directory.names.filter { $0.hasPrefix(".") } == [])
  }

  @Test(arguments: [
    ("cache plain.csv --capacity 3", "error: plain.csv: does not say which blocks prompts share"),
    ("cache t.jsonl --capacity 0", #"error: --capacity: "0" is no number of blocks"#),
    ("cache t.jsonl --capacity 9..3", "error: --capacity: 9..3 ends below its beginning"),
    (
      "cache t.jsonl --capacity 3 --policies lruu",
      #"error: --policies: unknown eviction policy "lruu" (did you mean "lru"?); known: all, lru"#
    ),
    ("cache t.jsonl --capacity 3 --policies lru,lru", "error: --policies: names lru twice"),
    (
      "cache t.jsonl --capacity 3 --policies lru-k:j=3",
      #"error: --policies: unknown option of eviction lru-k "j" (did you mean "k"?); known: k"#
    ),
    ("cache t.jsonl --capacity 3 --policies lru-k:3", #"error: --policies: "3" of lru-k:3 is no"#),
    (
      "cache t.jsonl --capacity 3 --policies mark0:predictor=orakle",
      #"error: --policies: eviction.predictor "orakle" is unknown (did you mean "oracle"?)"#
    ),
    ("cache t.jsonl --capacity 3 --order ref", #"error: --order: unknown order "ref""#),
    ("cache t.jsonl --capacity 3 --blocks ful", "error: --blocks: unknown choice of blocks"),
    ("cache none.jsonl --capacity 3", "error: none.jsonl: cannot be opened"),
    ("cache t.jsonl --capacity 3 --format x", "error: --format: unknown trace format"),
  ])
  func `a fault is one line that says what would be right`(
    arguments: String, start: String
  ) throws {
    let outcome = try martlet(arguments)
    #expect(outcome.code == 2 && outcome.output == "", "\(arguments)")
    #expect(outcome.errors.hasPrefix(start), "\(outcome.errors)")
    #expect(outcome.errors.filter { $0 == "\n" }.count == 1, "\(outcome.errors)")
  }
}
