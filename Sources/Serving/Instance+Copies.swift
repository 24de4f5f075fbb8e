public import Memory
internal import Metrics
public import Units

// MARK: - Copies

extension Instance {
  /// Hands over the copies to be started at `now`, and the tags of those to be called off.
  ///
  /// A plan that waits for its copies brings nothing in before all has gone out.
  public mutating func takeCopies(into list: inout [Transfer], cancelled: inout [Int32]) {
    guard batch.copies > 0 || !batch.cancelled.isEmpty || !batch.outbox.isEmpty else { return }
    cancelled += batch.cancelled
    batch.cancelled.removeAll(keepingCapacity: true)
    list += batch.outbox
    let isFirst = !batch.outbox.isEmpty || Int(batch.copies) > batch.inbox.count
    batch.outbox.removeAll(keepingCapacity: true)
    if batch.awaitsCopies, isFirst { return }
    list += batch.inbox
    batch.inbox.removeAll(keepingCapacity: true)
  }

  private mutating func count(_ transfer: Transfer) {
    let gpus = batch.swap?.memory.layout.gpus ?? batch.offload?.layout.gpus ?? 1
    let bytes = transfer.bytes * gpus
    switch transfer.cause {
    case .swapOut, .contextOut: recorder.totals.swapOutBytes += bytes
    case .swapIn, .contextIn: recorder.totals.swapInBytes += bytes
    case .store: recorder.totals.storedBytes += bytes
    case .load: recorder.totals.loadedBytes += bytes
    case .handover:
      recorder.totals.handoverBytes += transfer.bytes * (batch.handover?.mode.gpus ?? 1)
      recorder.totals.handovers += 1
    case .prefetch: recorder.totals.prefetchedBytes += bytes
    case .demote: break
    }
  }

  /// A copy has landed; it takes effect when the next step is formed, or at once between tiers.
  ///
  /// Its bytes count from now on. Answers whether it has any effect: what nobody waits for took
  /// effect when it set out.
  public mutating func land(_ transfer: Transfer, at now: Instant) -> Bool {
    count(transfer)
    guard !transfer.cause.isUnawaited else { return false }
    if transfer.cause == .prefetch {
      batch.endRise(transfer.tag, at: now)
    } else {
      batch.landed.append(transfer)
    }
    return true
  }

  /// Whether blocks of those who wait rise to the nearest tier: copies are then to be started
  /// beside a step, too.
  public var raisesQueued: Bool { batch.raisesQueued }

  /// Lets blocks rise for those who wait after what was decided at `now`.
  public mutating func raiseQueued(at now: Instant) {
    guard batch.raisesQueued else { return }
    settle(at: now)
    batch.raiseQueued(at: now)
  }

  /// Copies move `rate` through the HBM of each GPU.
  ///
  /// Answers whether that is new and steps are in flight: those after the first must know.
  public mutating func setCopyRate(_ rate: BytesPerSecond) -> Bool {
    guard rate.value != copyRate else { return false }
    copyRate = rate.value
    return isStepping
  }
}
