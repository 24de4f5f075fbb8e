public import Memory
public import Metrics
internal import Units

/// The names of every request's KV blocks: which of them hold tokens that another request has too.
///
/// A trace names blocks of its own size; an engine's block is part of one, or several. Names cover
/// the full blocks of a prompt and, when a later turn carries the output in its prompt, the full
/// blocks of the output, by the names that the later prompt gives them. Blocks without a name are
/// unique to their request.
///
/// Not modelled: tokens that two prompts share within the trace's last block, whose names differ.
public struct PrefixKeys: Sendable {
  /// Numbers of names: they are below it.
  public let count: Int
  private let chains: PromptChains
  private let sessions: [Int32]
  /// Engine blocks in a block of the trace, and the other way round; one of them is 1.
  private let perTraceBlock: Int32
  private let traceBlocks: Int32
  private let tokensPerBlock: Int32
  /// Full blocks of each request that have a name, those of its prompt among them.
  private let named: [Int32]
  /// The later turn whose prompt names the output of each request; −1 without.
  private let continuation: [Int32]
  /// Blocks within the trace's full blocks of each prompt; empty without sessions.
  private let ownFull: [Int32]
  /// Where the names of each request begin in `trace`; empty unless a policy asked for it.
  private var starts: [Int] = []

  /// The names of `requests` in blocks of `tokensPerBlock` tokens; nil when neither block size
  /// divides the other.
  public init?(_ requests: RequestTable, tokensPerBlock: Int32) {
    let chains = requests.chains ?? PromptChains(tokensPerBlock: tokensPerBlock)
    let size = chains.tokensPerBlock
    guard size % tokensPerBlock == 0 || tokensPerBlock % size == 0 else { return nil }
    self.chains = chains
    self.tokensPerBlock = tokensPerBlock
    perTraceBlock = max(1, size / tokensPerBlock)
    traceBlocks = max(1, tokensPerBlock / size)
    count = chains.distinct * Int(perTraceBlock)
    sessions = requests.turns?.session ?? []
    guard chains.count > 0 else {
      (named, continuation, ownFull) = ([], [], [])
      return
    }
    continuation = Self.continuations(requests, chains)
    let next = continuation
    named = (0..<chains.count).map { row in
      let prompt = Int(requests.prompt[row])
      let covered = min(prompt, chains.range(of: row).count * Int(size))
      return next[row] < 0 ? Int32(covered) / tokensPerBlock : stored(row) / tokensPerBlock
    }
    ownFull = (0..<(requests.turns == nil ? 0 : chains.count)).map { row in
      requests.prompt[row] / size * size / tokensPerBlock
    }
    /// Tokens of the request when it ends; the last one's KV is never computed.
    func stored(_ row: Int) -> Int32 { requests.prompt[row] + requests.output[row] - 1 }
  }

  /// For each request the first later turn whose prompt begins with its prompt's full blocks and
  /// is long enough to carry its output.
  private static func continuations(_ requests: RequestTable, _ chains: PromptChains) -> [Int32] {
    var next = [Int32](repeating: -1, count: chains.count)
    guard let turns = requests.turns else { return next }
    for child in 0..<chains.count {
      let row = Int(turns.parent[child])
      guard row >= 0, next[row] < 0, !turns.losesOutput(row) else { continue }
      let (own, its) = (chains.range(of: row), chains.range(of: child))
      let full = Int(requests.prompt[row] / chains.tokensPerBlock)
      let stored = Int(requests.prompt[row]) + Int(requests.output[row]) - 1
      let covered = min(Int(requests.prompt[child]), its.count * Int(chains.tokensPerBlock))
      guard own.count >= full, covered >= stored,
        chains.blocks[own.prefix(full)] == chains.blocks[its.prefix(full)]
      else { continue }
      next[row] = Int32(child)
    }
    return next
  }

  /// Full blocks of the request in `row` that have a name.
  func named(_ row: Int) -> Int32 { named.isEmpty ? 0 : named[row] }

  /// What stands for the session of `row`; without sessions each request is its own.
  func session(of row: Int) -> Int32 { sessions.isEmpty ? Int32(row) : sessions[row] }

  /// Appends the names of blocks `range` of the request in `row`; all have one.
  func append(_ range: Range<Int32>, of row: Int, to list: inout [BlockID]) {
    guard !range.isEmpty else { return }
    let own = chains.range(of: row)
    let next = continuation[row]
    // Beyond the full blocks of its own chain the later turn knows better.
    let later = next < 0 ? own : chains.range(of: Int(next))
    let full = next < 0 ? Int32.max : ownFull[row]
    for i in range {
      let base = i < full ? own.lowerBound : later.lowerBound
      let last = (i + 1) * traceBlocks - 1
      let place = base + Int(last / perTraceBlock)
      list.append(chains.blocks[place] * perTraceBlock + last % perTraceBlock)
    }
  }

  /// All names of all requests, in order of arrival as recorded, for policies that know the
  /// future; O(blocks).
  public mutating func trace(of requests: RequestTable) -> BlockTrace {
    var trace = BlockTrace(blockCount: count, tokensPerBlock: tokensPerBlock)
    var names: [BlockID] = []
    starts.removeAll()
    for row in 0..<requests.count {
      starts.append(trace.blocks.count)
      names.removeAll(keepingCapacity: true)
      append(0..<named(row), of: row, to: &names)
      trace.append(names, at: requests.arrival[row])
    }
    return trace
  }

  /// What the cache's policy may know of the request in `row`.
  func user(_ row: Int, at now: Instant) -> BlockUser {
    guard !starts.isEmpty else { return BlockUser(request: Int32(row), time: now) }
    return BlockUser(
      request: Int32(row), time: now, position: starts[row], knownUses: named(row))
  }
}
