import Foundation
import Kernel
import Memory
import Metrics
import TestSupport
import Testing
import Units
import Workload

/// ../shared/data/cache-reference: totals, hits of each request and tiny cases, all exact.
@Suite struct CacheReferenceTests {
  private static let names = [
    "LRU": "lru", "FIFO": "fifo", "LFU": "lfu", "SIEVE": "sieve", "S3FIFO": "s3-fifo",
    "MIN_bypass": "min", "MIN_demand": "min-demand", "ANY": "infinite", "INF": "infinite",
  ]

  private func path(_ name: String) -> String? {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let path = "/\(root)/shared/data/\(name)"
    if FileManager.default.isReadableFile(atPath: path) { return path }
    print("skipped: no \(path)")
    return nil
  }

  private func hits(
    _ policy: String, _ order: String, _ trace: BlockTrace, capacity: Int
  ) throws -> CacheHits {
    func run<P: EvictionPolicy>(_ type: P.Type) -> CacheHits {
      replay(
        type, P.Options(), trace, capacity: capacity, order: VisitOrder(rawValue: order) ?? .rev)
    }
    let name = try #require(Self.names[policy], "\(policy)")
    guard let type = evictions.first(where: { $0.name == name }) else {
      Issue.record("no policy \(name)")
      return CacheHits()
    }
    return run(type)
  }

  @Test func `all 120 tiny cases have the hits of their models and of brute force`() throws {
    guard let path = path("cache-reference/reference_micro.json") else { return }
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    let file = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let cases = try #require(file["cases"] as? [[String: Any]])
    #expect(cases.count == 120)
    var checked = 0
    for (number, one) in cases.enumerated() {
      let capacity = try #require(one["capacity"] as? Int)
      let prompts = try #require(one["requests"] as? [[Int]])
      var trace = BlockTrace(blockCount: (prompts.flatMap { $0 }.max() ?? 0) + 1)
      for prompt in prompts { trace.append(prompt.map { BlockID($0) }) }
      for (key, value) in try #require(one["expected"] as? [String: Any]) {
        if key == "BRUTE_FORCE_OPTIMUM_prefix_hits" {
          let found = try hits("MIN_bypass", "fwd", trace, capacity: capacity)
          #expect(found.prefixHits == value as? Int, "case \(number)")
          continue
        }
        let parts =
          key.hasPrefix("MIN") || key == "INF" ? [key, ""] : key.components(separatedBy: "_")
        let found = try hits(parts[0], parts[1], trace, capacity: capacity)
        let expected = try #require(value as? [String: Int])
        #expect(found.prefixHits == expected["prefix_hits"], "case \(number), \(key)")
        #expect(found.plainHits == expected["plain_hits"], "case \(number), \(key)")
        checked += 1
      }
    }
    #expect(checked == 120 * 13)
  }

  private func trace(_ name: String, isFull: Bool) throws -> BlockTrace? {
    let file =
      name == "conversation"
      ? "mooncake_conversation_trace.jsonl.gz" : "\(name)_mooncakefmt_blk64.jsonl.gz"
    guard let path = path("traces/\(file)") else { return nil }
    var options = TraceOptions()
    options.keepsEmptyOutputs = true
    let requests = try readTrace(at: path, options: options).requests
    let chains = try #require(requests.chains)
    var result = BlockTrace(blockCount: chains.distinct)
    for row in 0..<requests.count {
      let blocks = chains.blocks[chains.range(of: row)]
      let count = isFull ? Int(requests.prompt[row]) / 512 : blocks.count
      result.append(blocks.prefix(count), at: requests.arrival[row])
    }
    return result
  }

  /// Rows of a CSV without quotes, by column.
  private func rows(_ text: String) -> [[String: String]] {
    let lines = text.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
  }

  @Test(.enabled(if: !isDebug, "216 replays of recorded traces are for the release build"))
  func `every row of the totals is met`() throws {
    guard let path = path("cache-reference/reference_hits.csv") else { return }
    let rows = rows(try String(contentsOfFile: path, encoding: .utf8))
    #expect(rows.count == 216)
    var traces: [String: BlockTrace] = [:]
    for row in rows {
      let variant = try #require(row["variant"])
      let name = try #require(row["trace"])
      let key = "\(name) \(variant)"
      if traces[key] == nil {
        guard let read = try trace(name, isFull: variant == "full_blocks_only") else { return }
        traces[key] = read
      }
      let trace = try #require(traces[key])
      let found = try hits(
        try #require(row["policy"]), try #require(row["update_order"]), trace,
        capacity: row["capacity_blocks"].flatMap { Int($0) } ?? 1)
      #expect(row["requests"] == "\(trace.count)" && row["block_accesses"] == "\(found.accesses)")
      #expect(row["prefix_hits"] == "\(found.prefixHits)", "\(row)")
      #expect(row["plain_hits"] == "\(found.plainHits)", "\(row)")
    }
  }

  @Test(.enabled(if: !isDebug, "six replays of a recorded trace are for the release build"))
  func `every request has the hits of the reference`() throws {
    guard let path = path("cache-reference/reference_per_request.csv.gz"),
      let trace = try trace("conversation", isFull: false)
    else { return }
    let text = try Binary.shell("gunzip -c '\(path)'", in: try TestDirectory())?.output ?? ""
    let rows = rows(text)
    #expect(rows.count == 12_031)
    for column in ["inf", "LRU_fwd", "LRU_rev", "FIFO_rev", "LFU_rev", "S3FIFO_rev"] {
      let parts = column == "inf" ? ["INF", ""] : column.components(separatedBy: "_")
      let found = try hits(parts[0], parts[1], trace, capacity: 10_000).perRequest
      let expected = rows.map { $0["hits_\(column)"].flatMap { Int32($0) } ?? -1 }
      #expect(found == expected, "\(column)")
    }
  }
}
