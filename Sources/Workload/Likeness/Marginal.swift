internal import Kernel

/// The values of one column, ascending; what is drawn from it has its distribution.
struct Marginal<Value: Comparable & Sendable>: Sendable {
  let sorted: [Value]

  init(_ values: some Sequence<Value>) { sorted = values.sorted() }

  /// One value for each of `scores`, the larger the score the larger the value.
  ///
  /// The values lie at evenly spread levels of the distribution, so that they have it themselves:
  /// as many scores as values give a permutation of the values. Equal scores go by chance.
  func matched(to scores: [Double], _ stream: inout RandomStream) -> [Value] {
    guard !sorted.isEmpty else { return [] }
    let chance = scores.map { _ in stream.uniform() }
    let order = scores.indices.sorted { a, b in
      scores[a] != scores[b] ? scores[a] < scores[b] : (chance[a], a) < (chance[b], b)
    }
    var result = Array(repeating: sorted[0], count: scores.count)
    for (rank, place) in order.enumerated() {
      let level = (Double(rank) + stream.uniform()) / Double(scores.count)
      result[place] = sorted[min(Int(level * Double(sorted.count)), sorted.count - 1)]
    }
    return result
  }
}
