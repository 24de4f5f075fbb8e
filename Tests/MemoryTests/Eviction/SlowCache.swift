import Kernel
import Memory
import Testing
import Units

/// One use of a block as a slow model sees it.
struct SlowUse {
  let block: BlockID
  let depth: Int
  let request: Int
  let position: Int
  /// Picoseconds.
  let time: Int64
  /// Where the block is used again; `Int.max` if nowhere.
  let next: Int
}

/// A cache written down as its paper says, in arrays that are searched from end to end.
protocol SlowCache {
  /// What it holds, in any order.
  var content: [BlockID] { get }
  /// A block is used: it enters if it is absent.
  mutating func use(_ use: SlowUse)
  /// Time passes.
  mutating func age(to time: Int64)
}

extension SlowCache {
  mutating func age(to time: Int64) {}
}

/// What a slow cache has of `trace`, by the definition of ../shared/data/cache-reference.
func slowReplay(
  _ trace: BlockTrace, order: VisitOrder, _ model: inout some SlowCache
) -> CacheHits {
  var hits = CacheHits()
  hits.accesses = trace.blocks.count
  for request in 0..<trace.count {
    let range = (request == 0 ? 0 : trace.ends[request - 1])..<trace.ends[request]
    let time = trace.arrivals[request].picoseconds
    model.age(to: time)
    let found = range.map { model.content.contains(trace.blocks[$0]) }
    let prefix = found.prefix { $0 }.count
    hits.prefixHits += prefix
    hits.plainHits += found.count { $0 }
    hits.perRequest.append(Int32(prefix))
    for position in order == .rev ? Array(range.reversed()) : Array(range) {
      let block = trace.blocks[position]
      let later = (position + 1..<trace.blocks.count).first { trace.blocks[$0] == block }
      if !model.content.contains(block) { hits.faults += 1 }
      model.use(
        SlowUse(
          block: block, depth: position - range.lowerBound, request: request, position: position,
          time: time, next: later ?? .max))
    }
  }
  return hits
}

/// What a policy has of `trace`.
func replay<Policy: EvictionPolicy>(
  _ type: Policy.Type, _ options: Policy.Options, _ trace: BlockTrace, capacity: Int,
  order: VisitOrder = .rev, seed: UInt64 = 1
) -> CacheHits {
  var policy = Policy(
    options,
    EvictionContext(
      capacity: capacity, blockCount: trace.blockCount, seed: seed,
      nextUse: Policy.isOracle ? trace.nextUses : [], uses: Policy.isOracle ? trace.blocks : []))
  return policy.replay(
    trace, capacity: capacity, order: Policy.visitOrder ?? order, logsRequests: true)
}

/// Checks a policy against a slow model on random prompts in both orders.
func expectAgreement<Policy: EvictionPolicy, Model: SlowCache>(
  _ type: Policy.Type, _ options: Policy.Options, cases: UInt64 = 300,
  _ model: (_ capacity: Int) -> Model
) {
  for seed in 0..<cases {
    var stream = SplitMixStream(seed: seed, name: "case")
    let trace = randomPrompts(&stream)
    let capacity = 1 + stream.below(14)
    for order in VisitOrder.allCases where Policy.visitOrder.map({ $0 == order }) ?? true {
      var slow = model(capacity)
      let expected = slowReplay(trace, order: order, &slow)
      let found = replay(type, options, trace, capacity: capacity, order: order)
      #expect(found == expected, "seed \(seed), capacity \(capacity), \(order)")
      if found != expected { return }
    }
  }
}

/// Prompts that begin as earlier ones do and go on by themselves, seconds apart.
func randomPrompts(_ stream: inout SplitMixStream) -> BlockTrace {
  var prompts: [[BlockID]] = []
  var count: BlockID = 0
  for _ in 0..<5 + stream.below(45) {
    var prompt: [BlockID] = []
    if !prompts.isEmpty, stream.below(5) > 0 {
      // Early prompts are popular.
      let earlier = prompts[stream.below(1 + stream.below(prompts.count))]
      prompt = Array(earlier.prefix(1 + stream.below(earlier.count + 1)))
    }
    for _ in 0..<(prompt.isEmpty ? 1 : 0) + stream.below(4) {
      prompt.append(count)
      count += 1
    }
    prompts.append(prompt)
  }
  var trace = BlockTrace(blockCount: Int(count))
  var time: Int64 = 0
  for prompt in prompts {
    time += Int64(stream.below(4)) * 1_000_000_000_000
    trace.append(prompt, at: Instant(picoseconds: time))
  }
  return trace
}

/// Requests of one block each: the pages of the theory of paging.
func pages(_ uses: [BlockID]) -> BlockTrace {
  var trace = BlockTrace(blockCount: Int(uses.max() ?? 0) + 1)
  for use in uses { trace.append([use]) }
  return trace
}

/// Pages drawn with weights 1 / rank.
func skewedPages(_ count: Int, of pages: Int, seed: UInt64) -> [BlockID] {
  let stream = SplitMixStream(seed: seed, name: "pages")
  var sums: [Double] = []
  for page in 1...pages { sums.append((sums.last ?? 0) + 1 / Double(page)) }
  return (0..<count).map { i in
    let draw = stream.uniform(at: UInt64(i)) * (sums.last ?? 0)
    return BlockID(sums.firstIndex { $0 > draw } ?? pages - 1)
  }
}
