public import Units

extension TieredStore {
  /// A block of a list.
  public struct Place: Sendable, Equatable {
    /// Its name.
    public let name: BlockID
    /// Blocks before it in its prompt.
    public let depth: Int32
  }

  /// What `raise` did.
  public struct Raised: Sendable {
    /// Blocks that lie in the nearest tier and are pinned there once each, risen ones among them.
    public var kept: [Place] = []
    /// Those that rose, which are pinned once more, and the tier that each came from; −1 is one
    /// that is not of this store.
    public var risen: [(block: Place, from: Int32)] = []
    /// How many of the list, from the first on, fitted under the limit.
    public var reached = 0
  }

  /// Takes the blocks called `list`, which follow `depth` others, up into the nearest tier, as
  /// `promote` does, and pins those that lie there then, until as many as `limit` are pinned there.
  ///
  /// Those that lie in no tier come from outside; those that are pinned below stay where they are.
  /// `limit` is at most the tier's capacity, so that there is room. `moves` is what makes it.
  public mutating func raise(
    _ list: ArraySlice<BlockID>, depth: Int32, _ user: BlockUser, upTo limit: Int32,
    moves: inout [TierMove]
  ) -> Raised {
    moves.removeAll(keepingCapacity: true)
    expire(at: user.time, &moves)
    number(list)
    var raised = Raised()
    var (rising, kept) = ([Int](), [Int]())
    var budget = limit - tiers[0].held
    for (i, block) in numbers.enumerated() {
      let (isThere, isPinned) = (isIn(block, 0), pins[Int(block)] > 0)
      if !isPinned {
        guard budget > 0 else { break }
        budget -= 1
      }
      raised.reached = i + 1
      if isThere || !isPinned { kept.append(i) }
      if !isThere, !isPinned { rising.append(i) }
    }
    // What is not reached may make room for what is.
    numbers.removeLast(numbers.count - raised.reached)
    hold()
    let sources = rising.map { nearest(numbers[$0]) }
    for (i, source) in zip(rising, sources) where source >= 0 {
      tiers[Int(source)].counts.promoted += 1
      if writing == .back { take(numbers[i], from: Int(source)) }
    }
    makeRoom(Int32(rising.count), in: 0, user.time, &moves)
    for (i, source) in zip(rising, sources) {
      enter(numbers[i], 0, user.use(of: numbers[i], depth: depth + Int32(i)))
      tiers[0].counts.raised += 1
      pins[Int(numbers[i])] += 1
      raised.risen.append((place(i, list, depth), source))
    }
    for i in kept {
      pins[Int(numbers[i])] += 1
      raised.kept.append(place(i, list, depth))
    }
    letGo(depth, user)
    return raised
  }

  private func place(_ i: Int, _ list: ArraySlice<BlockID>, _ depth: Int32) -> Place {
    Place(name: list[list.startIndex + i], depth: depth + Int32(i))
  }

  /// Ends a pin of each of `places`, the last first, as `unpin` does.
  public mutating func unpin(_ places: [Place], _ user: BlockUser) {
    for place in places.reversed() { unpin([place.name], depth: place.depth, user) }
  }
}
