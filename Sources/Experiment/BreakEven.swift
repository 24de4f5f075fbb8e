internal import Catalog
internal import Cluster
internal import Cost
internal import Files
internal import Memory
package import Units

/// When KV that lies under HBM is worth its way back: load or compute again, swap or compute again.
///
/// Times are those of idle links and of a prefill that has the GPUs for itself.
package struct BreakEven: Sendable {
  /// Somewhere that KV comes from.
  package struct Source: Sendable {
    /// Name of a tier, or the bandwidth of a bare link.
    package let name: String
    /// Whether it is a tier of the experiment.
    package let isTier: Bool
    /// Lanes towards HBM and away from it; bandwidths are those of one GPU.
    fileprivate let inward: [Lane]
    fileprivate let outward: [Lane]
    fileprivate let isPipelined: Bool

    /// The time of one transfer.
    fileprivate func time(bytes: Int64, copies: Int64, isOut: Bool) -> Seconds {
      var (longest, sum, latency) = (0.0, 0.0, 0.0)
      for lane in isOut ? outward : inward {
        let time =
          Double(copies) * lane.perCopy.value + Double(bytes) / lane.bandwidth.value
        longest = max(longest, time)
        sum += time
        latency += lane.latency.value
      }
      return Seconds(latency + (isPipelined ? longest : sum))
    }
  }

  /// Which is faster, by context.
  package struct Verdict: Sendable, Equatable {
    /// Whether the shortest context is loaded.
    package let loadsFirst: Bool
    /// Tokens from which on the other one is faster, in turns; multiples of the block size.
    package let flips: [Int]
  }

  /// Bandwidths of bare links that are asked about besides the tiers.
  ///
  /// Source: LMCache, Figure 15.
  package static let bareLinks = [32, 64, 128].map { BytesPerSecond(Double($0) * 0.125e9) }

  /// Contexts that are looked at: `longest`, or this many tokens when it is more.
  package static let leastSearch = 1 << 22

  /// Tokens of the contexts in the tables.
  package let contexts: [Int]
  /// The tiers, nearest first, then bare links.
  package let sources: [Source]
  /// What KV weighs on each GPU.
  package let copies: KVCopies
  /// Tokens up to which verdicts were looked for.
  package let searched: Int
  private let cost: any CostModel
  private let blockSize: Int
  private let bytesPerToken: Double
  private let gpus: Double

  /// The questions of `assembly`, with copies of `granularity`, else those by which the experiment
  /// moves KV; nil when KV lies in HBM only.
  package init?(_ assembly: Assembly, granularity: PreemptionConfig.Granularity? = nil) {
    guard !assembly.tiers.isEmpty else { return nil }
    copies = granularity.map { assembly.kvCopies(by: $0) } ?? assembly.movedCopies
    cost = assembly.cost
    blockSize = assembly.config.engine.blockSize.value
    bytesPerToken = assembly.kvBytesPerToken.value
    gpus = Double(assembly.deployment.gpus)
    let longest = assembly.longest
    contexts = [1 << 10, 1 << 12, 1 << 14, 1 << 16].filter { $0 < longest } + [longest]
    searched = max(longest, Self.leastSearch)
    let plan = assembly.memory
    sources =
      zip(plan.tiers, plan.paths).map { room, path in
        let links = path.links.map { plan.links[$0] }
        return Source(
          name: room.name, isTier: true, inward: links.map { $0.lane(isOut: false) },
          outward: links.map { $0.lane(isOut: true) }, isPipelined: path.isPipelined)
      }
      + Self.bareLinks.map { bandwidth in
        // One link takes the KV of all GPUs.
        let lane = Lane("", bandwidth: bandwidth * (1 / Double(assembly.deployment.gpus)))
        let name = "\(Int(bandwidth.value / 0.125e9)) Gb/s"
        return Source(
          name: name, isTier: false, inward: [lane], outward: [lane], isPipelined: true)
      }
  }

  private func blocks(of tokens: Int) -> Int64 { Int64((tokens + blockSize - 1) / blockSize) }

  /// The time to bring the KV of `tokens` tokens to HBM, or away from it.
  package func transfer(_ tokens: Int, _ source: Source, isOut: Bool = false) -> Seconds {
    let blocks = blocks(of: tokens)
    // A bare link has no copies: only its bandwidth is asked about.
    let count = source.isTier ? copies.copies(of: blocks) : 0
    return source.time(bytes: copies.bytes(of: blocks), copies: count, isOut: isOut)
  }

  /// The time to compute the first `tokens` tokens of a prompt in one step.
  package func recompute(_ tokens: Int) -> Seconds {
    cost.time(of: .prefill(tokens: tokens))
  }

  /// Bytes of `tokens` tokens on all GPUs.
  package func bytes(of tokens: Int) -> Bytes { Bytes(bytesPerToken * Double(tokens)) }

  /// The bandwidth to all GPUs of an instance together at which loading takes as long as computing;
  /// infinite when computing takes no time.
  package func bandwidth(_ tokens: Int) -> BytesPerSecond {
    let blocks = blocks(of: tokens)
    return BytesPerSecond(Double(copies.bytes(of: blocks)) * gpus / recompute(tokens).value)
  }

  /// Whether loading is faster, for each context that is searched.
  package func verdict(_ source: Source) -> Verdict {
    func loads(_ blocks: Int) -> Bool {
      let tokens = blocks * blockSize
      return transfer(tokens, source) < recompute(tokens)
    }
    let first = loads(1)
    var flips: [Int] = []
    var (low, last) = (1, first)
    while low < searched / blockSize {
      let high = min(low + max(1, low / 32), searched / blockSize)
      let now = loads(high)
      if now != last {
        // The first context of the new answer.
        var (before, after) = (low, high)
        while after - before > 1 {
          let middle = (before + after) / 2
          if loads(middle) == now { after = middle } else { before = middle }
        }
        flips.append(after * blockSize)
      }
      (low, last) = (high, now)
    }
    return Verdict(loadsFirst: first, flips: flips)
  }
}
