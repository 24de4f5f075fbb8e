internal import Kernel
internal import Metrics
internal import Serving
internal import Units

/// A request on its way to the router.
struct Delivery: Comparable, Sendable {
  let time: Instant
  let number: Int64
  let request: RequestID

  static func < (a: Delivery, b: Delivery) -> Bool { (a.time, a.number) < (b.time, b.number) }
}

// MARK: - From the router to an instance

extension Simulation {
  mutating func pendNextDelivery() {
    queue.set(routings, at: underway.first?.time ?? .never)
  }

  /// Sends `id` to the router `delay` from now.
  mutating func deliver(_ id: RequestID, after delay: Seconds) {
    guard delay.value > 0 else { return route(id) }
    underway.push(Delivery(time: queue.now + delay, number: deliveries, request: id))
    deliveries += 1
    pendNextDelivery()
  }

  /// Those that have reached the router are routed.
  mutating func deliver() {
    while let next = underway.first, next.time <= queue.now {
      underway.removeFirst()
      route(next.request)
    }
    pendNextDelivery()
  }

  /// Asks the router where `id` goes, and lets it join the queue there; of a request whose prompt
  /// is complete the router of those that decode.
  mutating func route(_ id: RequestID) {
    end = queue.now
    let decodes = parcel(of: id) != nil
    fleet.show(decodes: decodes)
    defer { fleet.show(decodes: false) }
    guard !fleet.openInstances.isEmpty else { return lobby.append(id) }
    if !decodes { variation.sample() }
    let row = Int(id.row)
    let arrival = Arrival(
      id: id, time: requests.arrival[row], promptTokens: requests.prompt[row],
      session: requests.turns?.session[row] ?? id.row)
    let pick =
      decodes ? decodeRouter.route(arrival, in: &fleet) : router.route(arrival, in: &fleet)
    precondition(fleet.isOpen(pick), "a router picks an open instance")
    var target = pick
    if !join(id, pick) {
      guard let other = server(of: id, after: pick), join(id, other) else {
        requests.instance[row] = Int32(pick)
        return reject(id)
      }
      target = other
    }
    membership.counts[target].routed += 1
    let moves =
      decodes
      ? decodeRouter.rebalance(after: arrival, on: target, in: &fleet)
      : router.rebalance(after: arrival, on: target, in: &fleet)
    for move in moves { perform(move) }
  }

  /// The first open instance after `pick` that could ever serve `id`.
  private func server(of id: RequestID, after pick: Int) -> Int? {
    let others = fleet.openInstances
    let place = others.firstIndex { $0 > pick } ?? others.endIndex
    return (others[place...] + others[..<place]).first { couldServe(id, on: $0) }
  }

  /// Whether `instance`, and who decodes what it prefills, could ever serve `id`.
  private func couldServe(_ id: RequestID, on instance: Int) -> Bool {
    fleet.couldServe(id, on: instance, requests) && couldBeDecoded(id, after: instance)
  }

  /// Whether somebody could ever decode `id`, if `instance` computes prompts only.
  private func couldBeDecoded(_ id: RequestID, after instance: Int) -> Bool {
    guard topology.network != nil, fleet.instances[instance].role == .prefill,
      requests.output[Int(id.row)] > 1
    else { return true }
    let decodes = fleet.openDecodes
    return decodes.isEmpty || decodes.contains { fleet.couldServe(id, on: $0, requests) }
  }

  /// `id` joins the queue of `target`; false, and no trace, when that could never serve it.
  private mutating func join(_ id: RequestID, _ target: Int) -> Bool {
    guard couldBeDecoded(id, after: target) else { return false }
    let before = fleet.current[target].pendingPrefill
    let parcel = parcel(of: id)
    fleet.exchangeTier(with: target)
    let isIn = fleet.instances[target].enqueue(
      id, at: queue.now, requests, elsewhere: parcel?.handover)
    fleet.exchangeTier(with: target)
    guard isIn else { return false }
    if parcel == nil { requests.instance[Int(id.row)] = Int32(target) }
    place(id, on: target)
    fleet.learn(id, on: target)
    // What rises for it may change what others find, or make them wait.
    touch(target, byArrival: !fleet.instances[target].raisesQueued)
    refreshLoad(target)
    guard rules.refresh.value > 0, rules.addsOwnPicks else { return true }
    let uncached = fleet.current[target].pendingPrefill - before
    fleet.loads[target].add(
      prompt: requests.prompt[Int(id.row)], uncached: Int32(clamping: uncached))
    tellRouter(of: target)
    return true
  }

  /// Takes `id` out of the queue of `source`; false when it does not wait there.
  mutating func withdraw(_ id: RequestID, from source: Int) -> Bool {
    let before = fleet.current[source].pendingPrefill
    guard fleet.instances[source].withdraw(id, at: queue.now) else { return false }
    fleet.unlearn(id, on: source)
    place(id, on: nil)
    touch(source)
    refreshLoad(source)
    if rules.refresh.value > 0, rules.addsOwnPicks {
      let uncached = before - fleet.current[source].pendingPrefill
      fleet.loads[source].remove(
        prompt: requests.prompt[Int(id.row)], uncached: Int32(clamping: uncached))
      tellRouter(of: source)
    }
    requests.migrations[Int(id.row)] += 1
    membership.counts[source].movedOut += 1
    return true
  }

  private mutating func perform(_ move: Move) {
    guard move.source != move.target, fleet.isOpen(move.target),
      couldServe(move.request, on: move.target),
      withdraw(move.request, from: move.source)
    else { return }
    membership.counts[move.target].movedIn += 1
    let isIn = join(move.request, move.target)
    precondition(isIn, "an instance refused what it could serve")
  }

  /// No open instance could ever serve `id`.
  private mutating func reject(_ id: RequestID) {
    endHandover(of: id)
    requests.isRejected[Int(id.row)] = true
    rejected += 1
    settleUnserved(id)
  }

  /// `id` ends without an answer.
  mutating func settleUnserved(_ id: RequestID) {
    if !requests.isMeasured(Int(id.row)) { unservedOfWarmup += 1 }
    if release.settle([id], at: queue.now, &requests) { pendNextArrival() }
    endMeasurement()
  }
}

// MARK: - What the router sees

extension Simulation {
  /// Tells the router who is open.
  mutating func introduceInstances() {
    let looksUp = type(of: router).readsPendingPrefill
    if type(of: router).readsHits || type(of: decodeRouter).readsHits {
      fleet.prepareIndex(rules)
    }
    for i in 0..<fleet.count {
      fleet.instances[i].looksUpArrivals = looksUp
      let isOpen = membership.states[i] == .open
      _ = fleet.setOpen(i, isOpen)
      if fleet.takesRequests(i) { variation.join(0) }
      let isForRequests = fleet.instances[i].role.takesRequests
      router.membershipChanged(i, isOpen: isOpen && isForRequests)
      decodeRouter.membershipChanged(i, isOpen: isOpen && !isForRequests)
    }
    pendNextChange()
  }

  /// The router that `i` concerns hears that it is open from now on, or no longer.
  mutating func tellRouter(of i: Int, isOpen: Bool) {
    if fleet.instances[i].role.takesRequests {
      router.membershipChanged(i, isOpen: isOpen)
    } else {
      decodeRouter.membershipChanged(i, isOpen: isOpen)
    }
  }

  /// The router that `i` concerns hears of its load.
  private mutating func tellRouter(of i: Int) {
    if fleet.instances[i].role.takesRequests {
      router.loadChanged(i, fleet.loads[i])
    } else {
      decodeRouter.loadChanged(i, fleet.loads[i])
    }
  }

  mutating func refreshLoad(_ i: Int) {
    let load = fleet.instances[i].load
    let old = fleet.current[i]
    guard load != old else { return }
    fleet.current[i] = load
    if fleet.takesRequests(i) { variation.change(old.pendingPrefill, to: load.pendingPrefill) }
    if rules.refresh.value == 0 {
      fleet.loads[i] = load
      tellRouter(of: i)
    } else if !isUnseen[i] {
      isUnseen[i] = true
      unseen.append(i)
      if unseen.count == 1 { pendNextLook() }
    }
  }

  /// Looks are at whole multiples of the time between them, as long as there is something to see.
  private mutating func pendNextLook() {
    let width = max(1, (Instant.zero + rules.refresh).picoseconds)
    queue.set(looks, at: Instant(picoseconds: (queue.now.picoseconds / width + 1) * width))
  }

  mutating func lookAtLoads() {
    for i in unseen.sorted() {
      isUnseen[i] = false
      fleet.loads[i] = fleet.current[i]
      tellRouter(of: i)
    }
    unseen.removeAll(keepingCapacity: true)
  }
}
