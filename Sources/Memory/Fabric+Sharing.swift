import Units

/// What computing speeds needs, kept to be used again.
struct SharingScratch: Sendable {
  /// Part of each lane that is left.
  var rest: [Double]
  /// Sum of what those that still rise use of each lane at full speed.
  var demand: [Double]
  /// How many still rise on each lane.
  var users: [Int]
  /// Whether nothing more goes over a lane.
  var isFull: [Bool]
  /// Places of those that move or still rise, ascending.
  var places: [Int] = []
  /// Speeds of `places`.
  var speeds: [Double] = []
  /// Whether the speeds are final.
  var isFinal: [Bool] = []
  /// Lanes that those pass, each once; the others are as `init` left them.
  var used: [Int] = []
  private var isUsed: [Bool]

  init(lanes: Int) {
    rest = Array(repeating: 1, count: lanes)
    demand = Array(repeating: 0, count: lanes)
    users = Array(repeating: 0, count: lanes)
    isFull = Array(repeating: false, count: lanes)
    isUsed = isFull
  }

  /// Notes that something passes `lane`.
  mutating func use(_ lane: Int) {
    guard !isUsed[lane] else { return }
    isUsed[lane] = true
    used.append(lane)
  }

  /// The speed at which those that rise on a lane fill it.
  func limit(of lane: Int) -> Double { rest[lane] / demand[lane] }

  mutating func reset() {
    for lane in used {
      (rest[lane], demand[lane], users[lane], isFull[lane]) = (1, 0, 0, false)
      isUsed[lane] = false
    }
    used.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    speeds.removeAll(keepingCapacity: true)
    isFinal.removeAll(keepingCapacity: true)
  }
}

extension Fabric {
  /// Less of a lane than this is nothing: sums of shares are that exact.
  private static let nothing = 1e-12

  /// Time that `transfer` needs of a lane alone, s; at least a picosecond.
  private func demand(of transfer: Transfer, for use: LaneUse) -> Double {
    let lane = lanes[use.lane]
    let once =
      Double(transfer.copies) * lane.perCopy.value + Double(transfer.bytes) / lane.bandwidth.value
    return max(1e-12, Double(use.times) * once)
  }

  /// Time that `transfer` moves when alone on `route`, s.
  func work(of transfer: Transfer, on route: Int) -> Double {
    var (slowest, sum) = (0.0, 0.0)
    for use in uses[route] {
      let demand = demand(of: transfer, for: use)
      slowest = max(slowest, demand)
      sum += demand
    }
    return routes[route].isPipelined ? slowest : sum
  }

  /// The part of a lane that a passage uses at full speed.
  func share(of passage: Passage, for use: LaneUse) -> Double {
    demand(of: passage.transfer, for: use) / passage.work
  }

  /// Gives every passage its speed from `now` on.
  mutating func share(at now: Instant) {
    scratch.reset()
    switch sharing {
    case .fifo: fillInOrder()
    case .fair: fillTogether()
    }
    var next = 0
    for place in moving {
      while next < scratch.places.count, scratch.places[next] < place { next += 1 }
      if next == scratch.places.count || scratch.places[next] != place {
        passages[place].go(at: 0, from: now)
      }
    }
    moving.removeAll(keepingCapacity: true)
    for lane in busy { isBusy[lane] = false }
    busy.removeAll(keepingCapacity: true)
    for (place, speed) in zip(scratch.places, scratch.speeds) where speed > 0 {
      passages[place].go(at: speed, from: now)
      moving.append(place)
      for use in uses[passages[place].route] where !isBusy[use.lane] {
        isBusy[use.lane] = true
        busy.append(use.lane)
      }
    }
  }

  /// The oldest take all that they can use.
  private mutating func fillInOrder() {
    var full = 0
    var place = head
    while place < passages.count, full < lanes.count {
      defer { place += 1 }
      guard passages[place].phase == .ready else { continue }
      let route = passages[place].route
      var speed = 1.0
      for use in uses[route] {
        speed = min(speed, scratch.rest[use.lane] / share(of: passages[place], for: use))
      }
      guard speed > 0 else { continue }
      scratch.places.append(place)
      scratch.speeds.append(speed)
      for use in uses[route] {
        scratch.use(use.lane)
        let rest = scratch.rest[use.lane] - speed * share(of: passages[place], for: use)
        scratch.rest[use.lane] = rest < Self.nothing ? 0 : rest
        if rest < Self.nothing { full += 1 }
      }
    }
  }

  /// All rise together until a lane is full; those that do not use it go on rising.
  private mutating func fillTogether() {
    for place in head..<passages.count where passages[place].phase == .ready {
      scratch.places.append(place)
      scratch.speeds.append(1)
      scratch.isFinal.append(false)
      for use in uses[passages[place].route] {
        scratch.use(use.lane)
        scratch.demand[use.lane] += share(of: passages[place], for: use)
        scratch.users[use.lane] += 1
      }
    }
    while fillNextLane() {}
  }

  /// Raises all that rise until the next lane is full; false when none fills before full speed.
  private mutating func fillNextLane() -> Bool {
    var speed = 1.0
    for lane in scratch.used where scratch.users[lane] > 0 {
      speed = min(speed, scratch.limit(of: lane))
    }
    guard speed < 1 else { return false }
    for lane in scratch.used where scratch.users[lane] > 0 {
      // Lanes that fill at the same speed but for rounding fill together.
      scratch.isFull[lane] = scratch.limit(of: lane) <= speed * (1 + Self.nothing)
    }
    for index in scratch.places.indices where !scratch.isFinal[index] {
      let passage = passages[scratch.places[index]]
      guard uses[passage.route].contains(where: { scratch.isFull[$0.lane] }) else { continue }
      scratch.isFinal[index] = true
      scratch.speeds[index] = speed
      for use in uses[passage.route] {
        let share = share(of: passage, for: use)
        scratch.rest[use.lane] = max(0, scratch.rest[use.lane] - speed * share)
        scratch.demand[use.lane] -= share
        scratch.users[use.lane] -= 1
      }
    }
    return true
  }
}
