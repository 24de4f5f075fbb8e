internal import Kernel

/// Consistent hashing: instances on a circle of 64-bit numbers, each at several points; a key
/// belongs to the instance at the first point from its hash on.
///
/// Who joins takes over only arcs that end at its own points, who leaves gives only those away.
/// Points depend on (seed, instance, replica) alone, so the order of changes does not matter; two
/// points at one place, which never happens, would stand in the order of their instances.
///
/// Source: Karger et al., "Consistent Hashing and Random Trees", STOC 1997.
public struct HashRing: Sendable {
  private struct Point: Comparable, Sendable {
    let place: UInt64
    let instance: Int32

    static func < (a: Point, b: Point) -> Bool {
      (a.place, a.instance) < (b.place, b.instance)
    }
  }

  private var points: [Point] = []
  private let seed: UInt64
  private let replicas: Int

  /// An empty ring on which every instance will have `virtualNodes` points.
  public init(seed: UInt64, virtualNodes: Int) {
    precondition(virtualNodes > 0, "an instance has at least one point")
    (self.seed, replicas) = (seed, virtualNodes)
  }

  /// A hash of `key` that is independent of points and of those of other seeds.
  public static func hash(of key: UInt64, seed: UInt64) -> UInt64 {
    var hash = ContentHash()
    hash.add(seed)
    hash.add(key)
    return hash.mixed
  }

  /// Where the `replica`th point of `instance` is.
  private func place(of instance: Int, _ replica: Int) -> UInt64 {
    var hash = ContentHash()
    hash.add(seed)
    hash.add(UInt64(instance))
    hash.add(UInt64(replica))
    return hash.mixed
  }

  /// Whether nobody is on the ring.
  public var isEmpty: Bool { points.isEmpty }

  /// `instance`, which is not on the ring, joins it; O(points).
  public mutating func add(_ instance: Int) { add(contentsOf: [instance]) }

  /// `instances`, none of which is on the ring, join it.
  ///
  /// - Complexity: O(points + new points · log new points).
  public mutating func add(contentsOf instances: [Int]) {
    let new = instances.flatMap { instance in
      (0..<replicas).map {
        Point(place: place(of: instance, $0), instance: Int32(instance))
      }
    }.sorted()
    var merged: [Point] = []
    merged.reserveCapacity(points.count + new.count)
    var next = 0
    for point in points {
      while next < new.count, new[next] < point {
        merged.append(new[next])
        next += 1
      }
      merged.append(point)
    }
    merged += new[next...]
    points = merged
  }

  /// `instance` leaves the ring, if it is there; O(points).
  public mutating func remove(_ instance: Int) {
    points.removeAll { $0.instance == Int32(instance) }
  }

  /// The instance to which `hash` belongs; there must be one.
  ///
  /// - Complexity: O(log points).
  public func successor(of hash: UInt64) -> Int { Int(points[index(of: hash)].instance) }

  /// The first instance other than `instance` from `hash` on, nil when there is none.
  ///
  /// - Complexity: O(log points) and the points that `instance` has next to each other there.
  public func successor(of hash: UInt64, otherThan instance: Int) -> Int? {
    var other: Int?
    visit(from: hash) {
      if $0 != instance { other = $0 }
      return other == nil
    }
    return other
  }

  /// Visits the instances at the points from `hash` on, once round, as long as `body` answers true;
  /// an instance comes as often as it has points.
  public func visit(from hash: UInt64, _ body: (Int) -> Bool) {
    guard !points.isEmpty else { return }
    var i = index(of: hash)
    for _ in points.indices {
      guard body(Int(points[i].instance)) else { return }
      i = i + 1 < points.count ? i + 1 : 0
    }
  }

  /// The first point at or after `hash`, counted round.
  private func index(of hash: UInt64) -> Int {
    var (low, high) = (0, points.count)
    while low < high {
      let middle = (low + high) / 2
      if points[middle].place < hash { low = middle + 1 } else { high = middle }
    }
    return low < points.count ? low : 0
  }
}
