public import Memory
internal import Metrics
public import Units

// MARK: - Copies

extension Instance {
  /// Hands over the copies to be started at `now`, and the tags of those to be called off.
  ///
  /// A plan that waits for its copies brings nothing in before all has gone out.
  public mutating func takeCopies(into list: inout [Transfer], cancelled: inout [Int32]) {
    guard batch.copies > 0 || !batch.cancelled.isEmpty else { return }
    cancelled += batch.cancelled
    batch.cancelled.removeAll(keepingCapacity: true)
    list += batch.outbox
    let isFirst = !batch.outbox.isEmpty || Int(batch.copies) > batch.inbox.count
    for transfer in batch.outbox {
      recorder.totals.swapOutBytes += transfer.bytes * (batch.swap?.memory.gpus ?? 1)
    }
    batch.outbox.removeAll(keepingCapacity: true)
    if batch.awaitsCopies, isFirst { return }
    for transfer in batch.inbox {
      recorder.totals.swapInBytes += transfer.bytes * (batch.swap?.memory.gpus ?? 1)
    }
    list += batch.inbox
    batch.inbox.removeAll(keepingCapacity: true)
  }

  /// A copy has landed; it takes effect when the next step is formed.
  public mutating func land(_ transfer: Transfer) { batch.landed.append(transfer) }

  /// Copies move `rate` through the HBM of each GPU.
  ///
  /// Answers whether that is new and steps are in flight: those after the first must know.
  public mutating func setCopyRate(_ rate: BytesPerSecond) -> Bool {
    guard rate.value != copyRate else { return false }
    copyRate = rate.value
    return isStepping
  }
}
