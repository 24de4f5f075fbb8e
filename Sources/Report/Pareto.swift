/// Points that no other point beats in both coordinates.
package enum Pareto {
  /// Indices of the points that are largest in y among all with an x at least as large, by
  /// ascending x; of equal points the first.
  package static func frontier(_ points: [Figure.Point]) -> [Int] {
    let order = points.indices.filter { points[$0].x.isFinite && points[$0].y.isFinite }
      .sorted { a, b in
        (points[b].x, points[b].y, a) < (points[a].x, points[a].y, b)
      }
    var best = -Double.infinity
    var frontier: [Int] = []
    for index in order where points[index].y > best {
      best = points[index].y
      frontier.append(index)
    }
    return frontier.reversed()
  }
}
