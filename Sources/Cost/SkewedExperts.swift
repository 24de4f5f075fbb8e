/// Visits of the experts of a layer when a few are far more popular than the rest: quantiles of a
/// power law with exponent 1.2, the skew of published kernel timings (`power_law_1.2`).
///
/// Popularity lies between 1 and 0.8 · tokens, or 0.01 and 2 when there are fewer visits than
/// experts; scaled to the number of visits, at most one a token.
struct SkewedExperts: Sendable {
  /// Visits of each expert, the most popular first.
  let visits: [Double]

  /// `tokens` tokens that each visit `perToken` of `count` experts.
  init(tokens: Int, perToken: Int, count: Int) {
    let total = Double(tokens * perToken)
    let isSparse = tokens * perToken <= count
    let low = isSparse ? 0.01 : 1
    let high = isSparse ? 2 : max(1.001, 0.8 * Double(tokens))
    // x⁻⁰·² is evenly spread between its ends, so x is the fifth power of its inverse.
    let (first, last) = (1 / Self.fifthRoot(high), 1 / Self.fifthRoot(low))
    var list = (0..<count).map { i in
      let root = first + (last - first) * (Double(i) + 0.5) / Double(count)
      let inverse = 1 / root
      return inverse * inverse * inverse * inverse * inverse
    }
    let scale = total / list.reduce(0, +)
    for i in list.indices { list[i] = min(Double(tokens), list[i] * scale) }
    visits = list
  }

  /// x^(1/5) by Newton's method: no function of the mathematics library.
  private static func fifthRoot(_ x: Double) -> Double {
    var root = max(1, x)
    for _ in 0..<200 {
      let fourth = root * root * root * root
      let next = (4 * root + x / fourth) / 5
      if abs(next - root) <= 1e-15 * next { break }
      root = next
    }
    return root
  }

  /// Visits on the GPU that holds the most popular expert and `perRank` − 1 average others.
  func busiest(perRank: Int) -> [Double] {
    guard perRank < visits.count, let hottest = visits.first else { return visits }
    let rest = visits.dropFirst().reduce(0, +) / Double(max(1, visits.count - 1))
    return [hottest] + Array(repeating: rest, count: perRank - 1)
  }
}

extension BoundExperts {
  /// As `time(visits:local:touched:)`, each expert by its own number of visits: weights are read
  /// once an expert is visited at all, and arithmetic of one cannot hide behind weights of another.
  func time(visits: Double, perExpert: [Double]) -> Double {
    var (kernels, local) = (0.0, 0.0)
    for count in perExpert {
      kernels += norm4(weights * min(1, count), compute * count)
      local += count
    }
    return floor + kernels + anywhere * visits + here * local
  }
}
