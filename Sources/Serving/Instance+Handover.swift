public import Memory
public import Metrics
public import Units

// MARK: - Requests that two instances serve

extension Instance {
  /// What it is there for.
  public var role: InstanceRole { batch.role }
  /// Whether KV waits here to be fetched.
  public var keepsSequences: Bool { batch.keptSequences > 0 }

  /// Takes note of the prompts that the step which ends at `now` completed.
  mutating func notePrefilled(at now: Instant, _ requests: RequestTable) {
    prefilled.removeAll(keepingCapacity: true)
    guard let completed = batch.handover?.completed, !completed.isEmpty else { return }
    fruitlessPrefill = 0
    for slot in completed {
      let s = batch.sequences[Int(slot)]
      promptTokens -= Int64(s.entry.prompt)
      let handover = Handover(
        firstToken: requests.firstToken[Int(s.entry.request.row)],
        ahead: Seconds(Double(now - s.began) * 1e-12))
      prefilled.append(Prefilled(request: s.entry.request, slot: slot, handover: handover))
    }
    batch.handover?.completed.removeAll(keepingCapacity: true)
  }

  /// Another instance has the request of a sequence kept here in its queue, or no longer.
  public mutating func noteHandover(isPlaced: Bool, at now: Instant) {
    account(until: now)
    batch.handover?.unplaced += isPlaced ? -1 : 1
  }

  /// Frees what a sequence kept here holds: its KV has been fetched, or nobody wants it.
  public mutating func letGo(
    _ slot: Slot, of id: RequestID, isPlaced: Bool, at now: Instant
  ) {
    account(until: now)
    settle(at: now)
    accountTokens(until: now, stored: batch.storedTokens)
    batch.now = now
    batch.letGo(slot, of: id, isPlaced: isPlaced)
  }

  /// Forgets a request whose KV has not come, and will not.
  public mutating func abandon(_ id: RequestID, _ requests: RequestTable, at now: Instant) {
    account(until: now)
    settle(at: now)
    accountTokens(until: now, stored: batch.storedTokens)
    batch.now = now
    guard batch.abandon(id) else { preconditionFailure("abandoned what is not here (I5)") }
    promptTokens -= Int64(requests.prompt[Int(id.row)])
    if batch.waiting.isEmpty { waitingSince = .never }
  }

  /// Hands over the copies from other instances to be started, and the rows of those to be called
  /// off.
  public mutating func takeHandovers(into list: inout [Transfer], cancelled: inout [Int32]) {
    guard let state = batch.handover else { return }
    cancelled += state.cancelled
    list += state.outbox
    batch.handover?.cancelled.removeAll(keepingCapacity: true)
    batch.handover?.outbox.removeAll(keepingCapacity: true)
  }
}
