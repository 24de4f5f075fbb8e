import Kernel
import Units

extension Fabric {
  /// What happens at `now` but for transfers that leave: leads end, speeds change.
  mutating func settle(at now: Instant) {
    countBusy(to: now)
    due.removeAll { passages[$0].phase != .due }
    for place in moving where passages[place].phase == .ready && passages[place].end <= now {
      // Its work is done: nothing that happens at this instant may delay it.
      passages[place].go(at: 0, from: now)
      passages[place].phase = .due
      due.append(place)
    }
    while let start = starts.first, start.time <= now {
      starts.removeFirst()
      if let place = placeInLead(start.number) { passages[place].phase = .ready }
    }
    moving.removeAll { passages[$0].phase != .ready }
    share(at: now)
    changed = now
    removeLeft()
    findNext(now)
  }

  /// Takes out a passage that landed or was cancelled, and accounts for it.
  mutating func leave(_ place: Int, at now: Instant, isCancelled: Bool) {
    account(passages[place], end: now, isCancelled: isCancelled)
    passages[place].phase = .left
    left += 1
  }

  private mutating func findNext(_ now: Instant) {
    while let start = starts.first, placeInLead(start.number) == nil { starts.removeFirst() }
    next = starts.first?.time ?? .never
    for place in moving { next = min(next, passages[place].end) }
    if !due.isEmpty { next = now }
  }

  /// Removes passages that left once they are most of the list.
  private mutating func removeLeft() {
    while head < passages.count, passages[head].phase == .left { head += 1 }
    guard left == passages.count || (left > 32 && left > passages.count / 2) else { return }
    passages.removeAll { $0.phase == .left }
    (head, left) = (0, 0)
    moving = passages.indices.filter { passages[$0].speed > 0 }
    due = passages.indices.filter { passages[$0].phase == .due }
  }

  /// The place of the passage with `number`; nil when its lead is over or it left.
  private func placeInLead(_ number: Int64) -> Int? {
    var (low, high) = (head, passages.count)
    while low < high {
      let middle = (low + high) / 2
      if passages[middle].number < number { low = middle + 1 } else { high = middle }
    }
    guard low < passages.count, passages[low].number == number else { return nil }
    return passages[low].phase == .lead ? low : nil
  }
}
