internal import Kernel

/// How priorities change over time.
public enum PriorityPattern: String, Codable, Sendable, CaseIterable {
  /// Every live turn draws anew.
  case random
  /// Who runs tends to stay on top.
  case markov
}

/// Priorities of live turns that change every so many steps, as a provider's might.
///
/// Random: at each update every live turn draws from [0, 1). Markov: with probability 0.2 it draws
/// from [0, 1), else it keeps its priority, which, if it runs, becomes at least a draw from
/// [0.5, 1). A turn that arrives between updates draws from [0, 1). A draw depends on the seed, the
/// turn and the update alone, not on how often anybody asks.
///
/// Source: Shen, Li and Gao, arXiv 2411.18424 (FastSwitch): no trace of a provider's context
/// switches is public, so two synthetic patterns; the constants are ours.
struct PriorityTrace: Sendable {
  private let pattern: PriorityPattern
  private let draws: SplitMixStream
  private var update: UInt64 = 0
  private var own: [Int32: Double] = [:]  // looked up, never iterated
  private static let redraws = 0.2

  init(_ pattern: PriorityPattern, seed: UInt64) {
    self.pattern = pattern
    draws = SplitMixStream(seed: seed, name: "priorities")
  }

  private func draw(_ row: Int32, _ use: UInt64) -> Double {
    draws.uniform(at: (update * 4 + use) << 32 | UInt64(UInt32(bitPattern: row)))
  }

  /// The priority of the turn in `row`.
  func priority(of row: Int32) -> Double {
    own[row] ?? draws.uniform(at: UInt64(UInt32(bitPattern: row)))
  }

  /// Gives every turn of `live` its next priority; those that run come with `isRunning`.
  mutating func advance(_ live: [(row: Int32, isRunning: Bool)]) {
    update += 1
    var next: [Int32: Double] = [:]
    next.reserveCapacity(live.count)
    for (row, isRunning) in live {
      switch pattern {
      case .random: next[row] = draw(row, 0)
      case .markov where draw(row, 1) < Self.redraws: next[row] = draw(row, 0)
      case .markov where isRunning:
        next[row] = max(priority(of: row), 0.5 + 0.5 * draw(row, 2))
      case .markov: next[row] = priority(of: row)
      }
    }
    own = next
  }
}
