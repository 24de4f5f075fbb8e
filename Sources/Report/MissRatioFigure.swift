extension Figure {
  /// Miss-ratio curves: the share of blocks that a cache lacks against its room.
  ///
  /// `curves` are points in any order; the room is in blocks.
  package static func missRatios(
    _ title: String, _ curves: [(policy: String, points: [(capacity: Int, missRatio: Double)])]
  ) -> Figure {
    let capacities = curves.flatMap { $0.points.map(\.capacity) }
    let isWide = (capacities.max() ?? 1) >= 10 * (capacities.min() ?? 1)
    return Figure(
      title, x: Axis("capacity, blocks", isLogarithmic: isWide),
      y: Axis("blocks missed, share of block accesses"),
      series: curves.enumerated().map { index, curve in
        let points = curve.points.sorted { $0.capacity < $1.capacity }
        return Series(
          curve.policy, .markedLine, points.map { Point(Double($0.capacity), $0.missRatio) },
          look: index)
      }, notes: ["1 - prefix_hit_ratio of cache.csv."])
  }
}
