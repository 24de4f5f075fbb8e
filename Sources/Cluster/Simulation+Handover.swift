internal import Kernel
internal import Memory
internal import Metrics
internal import Serving
internal import Units

/// KV of a complete prompt that lies where it was computed and has not landed elsewhere.
struct Parcel: Sendable {
  /// Where it lies.
  let source: Int
  let slot: Slot
  let handover: Handover
  /// Whether an instance that decodes has its request.
  var isPlaced = false
}

// MARK: - From an instance for prompts to one that decodes

extension Simulation {
  /// The prompts that `i` has completed go on: the router of those that decode is asked at once.
  mutating func handOver(from i: Int) {
    for done in fleet.instances[i].prefilled {
      parcels[done.request.row] = Parcel(source: i, slot: done.slot, handover: done.handover)
      route(done.request)
    }
  }

  /// The KV of `id`, when its prompt is complete; most runs have none, and hash nothing.
  @inline(__always)
  func parcel(of id: RequestID) -> Parcel? { parcels.isEmpty ? nil : parcels[id.row] }

  /// `id` has joined the queue of `target`, or has left one again (nil).
  mutating func place(_ id: RequestID, on target: Int?) {
    guard let parcel = parcel(of: id), parcel.isPlaced != (target != nil) else { return }
    parcels[id.row]?.isPlaced = target != nil
    requests.decodeInstance[Int(id.row)] = Int32(target ?? -1)
    fleet.instances[parcel.source].noteHandover(isPlaced: target != nil, at: queue.now)
  }

  /// The KV of `id` is fetched, or nobody wants it: where it lies its blocks are free.
  mutating func endHandover(of id: RequestID) {
    guard let parcel = parcels.removeValue(forKey: id.row) else { return }
    let source = parcel.source
    fleet.exchangeTier(with: source)
    fleet.instances[source].letGo(
      parcel.slot, of: id, isPlaced: parcel.isPlaced, at: queue.now)
    fleet.exchangeTier(with: source)
    if fleet.instances[source].takeChangeOfCommonTier() { touchSharers() }
    touch(source)
    if membership.states[source] == .leaving { letGo(source) }
  }

  /// Sends the copies that instance `i` fetches, and calls off those that it gave up.
  mutating func startHandovers(_ i: Int) {
    guard let fabric = topology.network?.fabric else { return }
    fleet.instances[i].takeHandovers(into: &outbox, cancelled: &cancelled)
    guard !outbox.isEmpty || !cancelled.isEmpty else { return }
    for tag in cancelled {
      let isKnown = topology.fabrics[fabric].cancel(instance: Int32(i), tag: tag, at: queue.now)
      precondition(isKnown, "a copy was called off that nobody makes (I5)")
    }
    for var transfer in outbox {
      transfer.instance = Int32(i)
      guard let parcel = parcels[transfer.tag] else {
        preconditionFailure("an instance fetches what is nowhere (I5)")
      }
      topology.fetch(transfer, from: parcel.source, at: queue.now)
    }
    if !moving.contains(fabric) { moving.append(fabric) }
    outbox.removeAll(keepingCapacity: true)
    cancelled.removeAll(keepingCapacity: true)
  }

  /// `source` is gone with the KV of `id`: who waits for it forgets it.
  mutating func loseParcel(of id: RequestID, at source: Int) {
    guard let parcel = parcel(of: id), parcel.source == source else { return }
    parcels[id.row] = nil
    lobby.removeAll { $0 == id }
    guard parcel.isPlaced else { return }
    let target = Int(requests.decodeInstance[Int(id.row)])
    fleet.exchangeTier(with: target)
    fleet.instances[target].abandon(id, requests, at: queue.now)
    fleet.exchangeTier(with: target)
    startHandovers(target)
    followMoving()
    touch(target)
    refreshLoad(target)
    if membership.states[target] == .leaving { letGo(target) }
  }

  /// Every parcel belongs to a sequence that is kept; for tests.
  func checkParcels() {
    var kept = fleet.instances.map { _ in Int32(0) }
    for parcel in parcels.values { kept[parcel.source] += 1 }
    for i in kept.indices {
      precondition(fleet.instances[i].batch.keptSequences == kept[i], "KV lies forgotten (I5)")
    }
  }
}
