public import Experiment
public import Files
internal import Memory
internal import Metrics
internal import Synchronization
public import Workload

/// One policy at one capacity.
public struct CacheRow: Sendable, Equatable {
  /// The policy, with the options that were written.
  public let policy: String
  /// Room of the cache in blocks.
  public let capacity: Int
  /// `rev` or `fwd`: the order in which a request's blocks were used.
  public let order: String
  /// `all_blocks` or `full_blocks_only`.
  public let variant: String
  /// Requests of the trace.
  public let requests: Int
  /// Blocks of all requests.
  public let accesses: Int
  /// Blocks found together with all blocks before them.
  public let prefixHits: Int
  /// Blocks found.
  public let plainHits: Int

  /// `prefixHits` over `accesses`; nil without accesses.
  public var prefixHitRatio: Double? { ratio(prefixHits) }
  /// `plainHits` over `accesses`; nil without accesses.
  public var plainHitRatio: Double? { ratio(plainHits) }

  private func ratio(_ hits: Int) -> Double? {
    accesses > 0 ? Double(hits) / Double(accesses) : nil
  }
}

/// A trace whose requests ask a cache and nothing else.
public struct CacheStudy: Sendable {
  /// How the trace was read.
  public let report: TraceReport
  private let requests: RequestTable
  private let chains: PromptChains

  /// Reads the trace at `path` as `reading` says; requests without output tokens are kept.
  ///
  /// - Throws: `ConfigError` when the format is unknown, the file cannot be read in it, or it does
  ///   not say which blocks prompts share.
  public init(of path: String, as reading: TraceReading) throws(ConfigError) {
    var reading = reading
    reading.options.keepsEmptyOutputs = true
    let trace = try reading.read(path)
    (report, requests) = (trace.report, trace.requests)
    guard let chains = requests.chains else {
      throw ConfigError(
        .file(path),
        "does not say which blocks prompts share, so no cache can be tried on it (format "
          + "\(report.format)); use a trace that names blocks, such as Mooncake's hash_ids")
    }
    self.chains = chains
  }

  /// Requests of the trace.
  public var count: Int { requests.count }
  /// Tokens of a block.
  public var tokensPerBlock: Int { Int(chains.tokensPerBlock) }

  /// A row for each policy at each capacity, the policies in the order of the question; `jobs` at
  /// the same time change nothing but the time it takes.
  public func rows(_ question: CacheQuestion, jobs: Int) throws(ConfigError) -> [CacheRow] {
    let trace = blocks(question.blocks)
    let nextUses = question.policies.contains { $0.type.isOracle } ? trace.nextUses : []
    let cases = question.policies.flatMap { policy in
      question.capacities.map { (policy, $0) }
    }
    let shared = Mutex(
      (next: 0, rows: [Result<CacheRow, ConfigError>?](repeating: nil, count: cases.count)))
    concurrently(min(max(1, jobs), cases.count)) { _ in
      while true {
        let index = shared.withLock { state in
          defer { state.next += 1 }
          return state.next
        }
        guard index < cases.count else { return }
        let (policy, capacity) = cases[index]
        let row = Self.row(policy, policy.type, capacity, trace, nextUses, question)
        shared.withLock { $0.rows[index] = row }
      }
    }
    var rows: [CacheRow] = []
    for row in shared.withLock({ $0.rows.compactMap(\.self) }) { rows.append(try row.get()) }
    return rows
  }

  private static func row<E: EvictionPolicy>(
    _ policy: CacheQuestion.Policy, _ type: E.Type, _ capacity: Int, _ trace: BlockTrace,
    _ nextUses: [Int32], _ question: CacheQuestion
  ) -> Result<CacheRow, ConfigError> {
    do throws(ConfigError) {
      let options = try decodeOptions(E.Options.self, from: policy.config, kind: "eviction")
      let order = E.visitOrder ?? question.order
      var cache = E(
        options,
        EvictionContext(
          capacity: capacity, blockCount: trace.blockCount,
          tokensPerBlock: trace.tokensPerBlock,
          nextUse: E.isOracle ? nextUses : [], uses: E.isOracle ? trace.blocks : []))
      let hits = cache.replay(trace, capacity: capacity, order: order, logsRequests: false)
      return .success(
        CacheRow(
          policy: policy.text, capacity: capacity, order: order.rawValue,
          variant: question.blocks.variant, requests: trace.count, accesses: hits.accesses,
          prefixHits: hits.prefixHits, plainHits: hits.plainHits))
    } catch {
      return .failure(error)
    }
  }

  private func blocks(_ choice: CacheQuestion.Blocks) -> BlockTrace {
    var trace = BlockTrace(blockCount: chains.distinct, tokensPerBlock: chains.tokensPerBlock)
    for row in 0..<requests.count {
      var range = chains.range(of: row)
      if choice == .full {
        let full = Int(requests.prompt[row] / chains.tokensPerBlock)
        range = range.prefix(full)
      }
      trace.append(chains.blocks[range], at: requests.arrival[row])
    }
    return trace
  }
}
