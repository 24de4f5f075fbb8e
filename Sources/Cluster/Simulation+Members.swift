internal import Kernel
internal import Memory
internal import Metrics
internal import Serving
internal import Units

// MARK: - Who joins, leaves, fails

extension Simulation {
  mutating func pendNextChange() { queue.set(changes, at: membership.next) }

  /// What is due now happens, openings first.
  mutating func changeMembers() {
    // What would happen to the cluster after the last request concerns nobody.
    guard settledRequests < requests.count else {
      membership.forgetPlan()
      return pendNextChange()
    }
    while let i = membership.takeStart(at: queue.now) { start(i) }
    while let i = membership.takeOpening(at: queue.now) { open(i) }
    while let change = membership.takeChange(at: queue.now) {
      switch change.kind {
      case .join: start(change.instance)
      case .leave: leave(change.instance)
      case .fail: fail(change.instance)
      case .outage(let time):
        guard membership.states[change.instance] != .absent else { break }
        fail(change.instance)
        membership.planStart(change.instance, at: queue.now, after: time)
      case .slow(let factor):
        fleet.instances[change.instance].slow(by: factor)
        touch(change.instance)
      }
      while let i = membership.takeStart(at: queue.now) { start(i) }
      while let i = membership.takeOpening(at: queue.now) { open(i) }
    }
    pendNextChange()
  }

  /// `i` starts, unless it is there.
  mutating func start(_ i: Int) {
    switch membership.states[i] {
    case .absent: membership.start(i, at: queue.now, after: rules.coldStart)
    case .leaving: open(i)
    case .starting, .open: break
    }
  }

  /// `i` takes requests from now on; those that nobody could take come first.
  private mutating func open(_ i: Int) {
    membership.set(i, .open, at: queue.now)
    guard fleet.setOpen(i, true) else { return }
    if fleet.takesRequests(i) { variation.join(fleet.current[i].pendingPrefill) }
    tellRouter(of: i, isOpen: true)
    let waiting = lobby
    lobby.removeAll()
    for id in waiting { route(id) }
  }

  /// `i` takes no more requests.
  private mutating func close(_ i: Int) {
    let tookRequests = fleet.takesRequests(i)
    guard fleet.setOpen(i, false) else { return }
    if tookRequests { variation.leave(fleet.current[i].pendingPrefill) }
    tellRouter(of: i, isOpen: false)
  }

  mutating func leave(_ i: Int) {
    switch membership.states[i] {
    case .absent, .leaving: return
    case .starting: return membership.set(i, .absent, at: queue.now)
    case .open: break
    }
    close(i)
    membership.set(i, .leaving, at: queue.now)
    for queued in fleet.queue(on: i) where withdraw(queued.request, from: i) {
      route(queued.request)
    }
    letGo(i)
  }

  /// A leaving instance goes as soon as it holds no request, nor KV that another one fetches.
  mutating func letGo(_ i: Int) {
    guard fleet.current[i].requests == 0, !fleet.instances[i].keepsSequences else { return }
    membership.set(i, .absent, at: queue.now)
    _ = stopInstance(i)
  }

  private mutating func fail(_ i: Int) {
    guard membership.states[i] != .absent else { return }
    close(i)
    membership.set(i, .absent, at: queue.now)
    membership.counts[i].failures += 1
    let lost = stopInstance(i)
    membership.counts[i].lost += Int64(lost.count)
    for id in lost {
      loseParcel(of: id, at: i)
      if parcel(of: id) == nil {
        retry(id)
      } else {  // Its KV lies where its prompt was computed.
        place(id, on: nil)
        route(id)
      }
    }
  }

  /// Ends all that `i` does; answers the requests that it held.
  private mutating func stopInstance(_ i: Int) -> [RequestID] {
    fleet.exchangeTier(with: i)
    let requests = fleet.instances[i].fail(at: queue.now)
    fleet.exchangeTier(with: i)
    queue.set(firstInstance + i, at: .never)
    fleet.forget(i)
    var own = topology.routes.isEmpty ? [] : [topology.fabric(of: i)]
    if let network = topology.network { own.append(network.fabric) }
    for fabric in own {
      topology.fabrics[fabric].cancelAll(of: Int32(i), at: queue.now)
      follow(fabric)
    }
    refreshLoad(i)
    return requests
  }

  /// A failure has hit `id`: it is sent again from the start, or given up.
  private mutating func retry(_ id: RequestID) {
    let row = Int(id.row)
    requests.forgetAttempt(row)
    guard requests.retries[row] < Int32(clamping: rules.retries) else { return giveUp(id) }
    requests.retries[row] += 1
    deliver(id, after: rules.retryDelay)
  }

  private mutating func giveUp(_ id: RequestID) {
    end = queue.now
    endHandover(of: id)
    requests.isFailed[Int(id.row)] = true
    membership.failed += 1
    settleUnserved(id)
  }

  /// Nothing is pending: those for which no instance will ever open fail; false if there are none.
  mutating func failLobby() -> Bool {
    guard !lobby.isEmpty else { return false }
    let waiting = lobby
    lobby.removeAll()
    for id in waiting { giveUp(id) }
    return true
  }
}
