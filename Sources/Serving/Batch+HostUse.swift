internal import Metrics

extension Batch {
  /// Adds what swapping keeps on the host.
  ///
  /// - Complexity: O(sequences).
  func addHostUse(to use: inout TierUse) {
    guard let swap else { return }
    var (swapped, kept) = (Int32(0), Int32(0))
    for s in sequences {
      switch s.phase {
      case .gone, .kept: break
      // A finished one on its way out has handed its room over to its context.
      case .leaving, .away, .returning: swapped += s.host.room
      case .prefilling, .decoding: kept += s.host.room
      }
    }
    use.swapped += swapped
    use.kept += kept
    use.contexts += swap.used - swapped - kept
  }
}
