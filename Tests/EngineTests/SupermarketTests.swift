import Cluster
import Cost
import Kernel
import Metrics
import Schedulers
import Serving
import TestSupport
import Testing
import Units

/// One token a step of 10 ms, prompts for nothing.
private struct TokenCost: StepCost {
  func time(of shape: StepShape) -> Seconds { Seconds(0.01) }
  func parts(of shape: StepShape) -> StepParts {
    StepParts([.init("all", time(of: shape), .hbm)], total: time(of: shape))
  }
}

/// Many servers that serve one request at a time, exponential service, Poisson arrivals.
///
/// Source: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE TPDS 12
/// (10), 2001: the share of servers with at least i requests is λ^(2^i − 1) for many servers.
@Suite struct SupermarketTests {
  private let servers = isDebug ? 40 : 200
  private let count = isDebug ? 12_000 : 1_000_000
  private let load = 0.9

  /// Mean time in the system in mean service times, after a fifth of the requests.
  private func meanTime(_ router: any Router) -> Double {
    var random = SplitMix(seed: 21)
    var table = RequestTable()
    // Exponential with mean 1 s in steps of 10 ms, rounded up: the mean is 1.005 s.
    let mean = 1.005
    var time = 0.0
    for _ in 0..<count {
      time -= logarithm(1 - random.uniform()) * mean / (load * Double(servers))
      let steps = (-logarithm(1 - random.uniform()) * 100).rounded(.up)
      table.append(at: .zero + Seconds(time), prompt: 1, output: max(1, Int32(steps)))
    }
    var options = VLLMv1.Options()
    options.maxNumSeqs = .value(1)
    let context = EngineContext(maxModelLength: 8192, gpuMemory: Bytes(0x1p35))
    let instances = (0..<servers).map { _ in
      Instance(
        batch: Batch(blocks: 1000, tokensPerBlock: 16, maxModelLength: 8192),
        scheduler: VLLMv1(options, context), cost: TokenCost(), maxLeap: 256,
        recorder: Recorder(logsSteps: false))
    }
    var simulation = Simulation(requests: table, instances: instances, router: router)
    simulation.run()
    let r = simulation.record().requests
    let rows = count / 5..<count
    return rows.reduce(0) { $0 + Double(r.finished[$1] - r.arrival[$1]) * 1e-12 }
      / Double(rows.count) / mean
  }

  @Test func `two choices keep queues as short as the fixed point says, one choice does not`() {
    let context = RouterContext(instances: servers, seed: 3)
    let two = meanTime(PowerOfTwo(.init(), context))
    let one = meanTime(UniformRandom(NoOptions(), context))
    // Σ λ^(2^i − 2): 2.614 for many servers, 2.645 of a hundred in the paper's simulation.
    let terms = (1...6).map { power(load, (1 << $0) - 2) }
    let limit = terms.reduce(0, +)
    #expect(abs(limit - 2.614) < 1e-3)
    #expect(two > limit * (isDebug ? 0.85 : 0.98) && two < limit * (isDebug ? 1.25 : 1.05))
    // 1 / (1 − λ) = 10 for M/M/1. Its time average over T has a variance of about 34,200 / T, here
    // over 880,000 service times: a deviation of 0.2.
    #expect(one > (isDebug ? 4.5 : 9) && one < (isDebug ? 20 : 11))
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { product, _ in product * base }
  }
}
