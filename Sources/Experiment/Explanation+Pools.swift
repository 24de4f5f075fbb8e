public import Files
internal import Serving

extension Explanation {
  /// What each pool of the cluster means by itself; none when its instances are alike.
  ///
  /// - Throws: `ConfigError` for steps out of range.
  public func pools() throws(ConfigError) -> [Explanation] {
    guard assembly.pools.count > 1 else { return [] }
    var pools: [Explanation] = []
    for pool in assembly.pools { pools.append(try Explanation(pool, steps)) }
    return pools
  }

  /// The page of each pool under its name; that of the experiment when its instances are alike.
  ///
  /// - Throws: `ConfigError` for steps out of range.
  public func clusterText() throws(ConfigError) -> String {
    let pools = try pools()
    guard !pools.isEmpty else { return text }
    return pools.enumerated().map { index, pool in
      let place = pool.assembly.pool
      let title =
        "pool \(place.name), \(place.role), "
        + (place.instances.count == 1
          ? "instance \(place.instances.lowerBound)"
          : "instances \(place.instances.lowerBound) to \(place.instances.upperBound - 1)")
      // What is of the cluster as a whole stands with the first.
      return title + "\n" + (index == 0 ? text : pool.text)
    }.joined(separator: "\n")
  }

  /// The figures of each pool; those of the experiment when its instances are alike.
  ///
  /// - Throws: `ConfigError` for steps out of range.
  public func clusterJSON() throws(ConfigError) -> JSON {
    let pools = try pools()
    guard !pools.isEmpty else { return json }
    return .object([
      (
        "pools",
        .array(
          pools.map { pool in
            .object([
              ("name", .string(pool.assembly.pool.name)),
              ("role", .string(pool.assembly.pool.role.rawValue)), ("explanation", pool.json),
            ])
          })
      )
    ])
  }
}
