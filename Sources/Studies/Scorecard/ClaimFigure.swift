/// A claim's figure as simulated.
struct ClaimFigure: Sendable {
  /// In the unit of the published one.
  let simulated: Double
  /// How many times better than its best baseline the system is; nil without a baseline.
  let quotient: Double?
}

extension Claim {
  /// The values of the key that it goes over, one that is none without such a key.
  private var places: [String?] { over?.values ?? [nil] }

  /// Every trial that the figure needs, each once.
  func trials(_ perturbation: Perturbation?) -> [Trial] {
    var trials: [Trial] = []
    for value in places {
      for seed in seeds {
        for side in [target] + baselines {
          trials.append(Trial(self, side, value: value, seed: seed, perturbation))
        }
      }
    }
    return trials
  }

  /// The figure that `results` give: the mean over seeds, where the key that it goes over makes it
  /// largest; nil when a run failed or lacks the metric.
  func figure(_ results: [Trial: TrialResult], _ perturbation: Perturbation?) -> ClaimFigure? {
    var best: ClaimFigure?
    for value in places {
      guard let figure = figure(results, perturbation, at: value) else { return nil }
      if best.map({ figure.simulated > $0.simulated }) ?? true { best = figure }
    }
    return best
  }

  private func figure(
    _ results: [Trial: TrialResult], _ perturbation: Perturbation?, at value: String?
  ) -> ClaimFigure? {
    var (sum, gains) = (0.0, 0.0)
    for seed in seeds {
      func number(_ side: Side) -> Double? {
        results[Trial(self, side, value: value, seed: seed, perturbation)]?.number(measure)
      }
      guard let own = number(target) else { return nil }
      let others = baselines.compactMap(number)
      guard others.count == baselines.count else { return nil }
      guard let other = sense == .lower ? others.min() : others.max() else {
        sum += own * factor
        continue
      }
      let gain = sense == .lower ? other / own : own / other
      gains += gain
      switch kind {
      case .ratio: sum += gain
      case .reduction: sum += 100 * (1 - own / other)
      case .value: sum += own * factor
      }
    }
    let count = Double(seeds.count)
    return ClaimFigure(
      simulated: sum / count, quotient: baselines.isEmpty ? nil : gains / count)
  }
}
