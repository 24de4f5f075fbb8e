public import Units

/// How many transfers, and what they hold.
public struct TransferCount: Sendable, Equatable {
  /// Transfers.
  public var transfers: Int64 = 0
  /// Bytes.
  public var bytes: Int64 = 0
  /// Copies.
  public var copies: Int64 = 0

  /// Nothing.
  public init() {}

  /// Counts `transfer`, which passes the lane `times` times.
  mutating func add(_ transfer: Transfer, times: Int64) {
    transfers += 1
    bytes += transfer.bytes * times
    copies += transfer.copies * times
  }

  /// The sum of two counts.
  public static func + (a: Self, b: Self) -> Self {
    var sum = a
    sum.transfers += b.transfers
    sum.bytes += b.bytes
    sum.copies += b.copies
    return sum
  }
}

/// What a lane carried, by `TransferCause.index`; submitted = landed + cancelled + in flight.
public struct LaneTotals: Sendable, Equatable {
  /// Sent over it.
  public internal(set) var submitted = none
  /// Transfers that landed; bytes and copies also of those that were cancelled on their way.
  public internal(set) var landed = none
  /// Transfers that were cancelled, with what of them did not move.
  public internal(set) var cancelled = none
  /// Time in which something moved on it, ps.
  public internal(set) var busy: Int128 = 0
  /// What contention cost the transfers that passed it, here or elsewhere on their routes, ps.
  public internal(set) var waiting = [Int128](repeating: 0, count: TransferCause.allCases.count)

  private static var none: [TransferCount] {
    Array(repeating: TransferCount(), count: TransferCause.allCases.count)
  }
}

/// A transfer that landed or was cancelled, and when.
public struct LoggedTransfer: Sendable, Equatable {
  /// The transfer.
  public let transfer: Transfer
  /// Its route.
  public let route: Int
  /// When it was sent.
  public let submitted: Instant
  /// When its first byte moved; `.never` when none did.
  public let started: Instant
  /// When it landed or was cancelled.
  public let ended: Instant
  /// Whether it was cancelled.
  public let isCancelled: Bool
}

extension TransferCause {
  /// Whether it moves KV into or out of HBM.
  public var passesHBM: Bool { self != .prefetch && self != .demote }
}

extension Fabric {
  /// Transfers that have neither landed nor been cancelled.
  public var inFlight: Int { passages.count - left }

  /// Those transfers in order of submission, as the log will have them; their end is `.never`.
  public var unfinished: [LoggedTransfer] {
    passages[head...].filter { $0.phase != .left }.map { passage in
      LoggedTransfer(
        transfer: passage.transfer, route: passage.route, submitted: passage.submitted,
        started: passage.started, ended: .never, isCancelled: false)
    }
  }

  /// Time until `now` in which something moved on `lane`, ps; `now` is not after `next`.
  public func busy(of lane: Int, until now: Instant) -> Int128 {
    totals[lane].busy + (isBusy[lane] ? Int128(now - changed) : 0)
  }

  /// Bytes that moved over `lane` until `now`, of transfers in flight too; `now` is not after
  /// `next`.
  public func bytesMoved(over lane: Int, until now: Instant) -> Int64 {
    var bytes = totals[lane].landed.reduce(0) { $0 + $1.bytes }
    for passage in passages[head...] where passage.phase == .ready || passage.phase == .due {
      for use in uses[passage.route] where use.lane == lane {
        bytes += moved(passage.transfer.bytes, of: passage, until: now) * use.times
      }
    }
    return bytes
  }

  mutating func countBusy(to now: Instant) {
    for lane in busy { totals[lane].busy += Int128(now - changed) }
  }

  /// The whole ones of `count` things of a passage that have moved until `now`.
  private func moved(_ count: Int64, of passage: Passage, until now: Instant) -> Int64 {
    let left = passage.remaining(at: now)
    guard left > 0 else { return count }
    // A thousandth of one makes up for rounding where a whole one has just moved.
    return min(count, max(0, Int64(Double(count) * (1 - left / passage.work) + 1e-3)))
  }

  /// Counts what becomes of a passage that leaves at `now`.
  mutating func account(_ passage: Passage, end now: Instant, isCancelled: Bool) {
    let (transfer, cause) = (passage.transfer, passage.transfer.cause.index)
    let bytes = isCancelled ? moved(transfer.bytes, of: passage, until: now) : transfer.bytes
    let copies = isCancelled ? moved(transfer.copies, of: passage, until: now) : transfer.copies
    for use in uses[passage.route] {
      totals[use.lane].landed[cause].bytes += bytes * use.times
      totals[use.lane].landed[cause].copies += copies * use.times
      guard isCancelled else {
        totals[use.lane].landed[cause].transfers += 1
        continue
      }
      totals[use.lane].cancelled[cause].transfers += 1
      totals[use.lane].cancelled[cause].bytes += (transfer.bytes - bytes) * use.times
      totals[use.lane].cancelled[cause].copies += (transfer.copies - copies) * use.times
    }
    if now > passage.ready {
      // What was cancelled waited for as long as it did not move at full speed.
      let alone =
        isCancelled
        ? Int64((passage.workLeft - passage.remaining(at: now)) * 1e12 + 0.5)
        : passage.endAlone - passage.ready
      let cost = Int128(max(0, now - passage.ready - alone))
      waiting[cause] += cost
      for use in uses[passage.route] { totals[use.lane].waiting[cause] += cost }
    }
    if logsTransfers {
      log.append(
        LoggedTransfer(
          transfer: transfer, route: passage.route, submitted: passage.submitted,
          started: passage.started, ended: now, isCancelled: isCancelled))
    }
  }

  // MARK: - Invariants

  /// Stops unless every transfer, byte and copy is landed, cancelled or in flight, and no lane is
  /// used beyond its capacity.
  public func checkInvariants() {
    var flying = lanes.map { _ in LaneTotals().submitted }
    var used = lanes.map { _ in 0.0 }
    for passage in passages[head...] where passage.phase != .left {
      precondition(passage.speed >= 0 && passage.speed <= 1, "a speed outside 0...1")
      precondition(passage.phase == .ready || passage.speed == 0, "what cannot move moves")
      for use in uses[passage.route] {
        flying[use.lane][passage.transfer.cause.index].add(passage.transfer, times: use.times)
        used[use.lane] += passage.speed * share(of: passage, for: use)
      }
    }
    for lane in lanes.indices {
      precondition(used[lane] <= 1 + 1e-9, "lane \(lanes[lane].name) carries more than it can")
      precondition((used[lane] > 0) == isBusy[lane], "lane \(lanes[lane].name) idles or not")
      for cause in TransferCause.allCases {
        let total = totals[lane]
        let sum =
          total.landed[cause.index] + total.cancelled[cause.index] + flying[lane][cause.index]
        precondition(
          total.submitted[cause.index] == sum, "\(lanes[lane].name) lost or made \(cause.rawValue)")
      }
    }
    precondition(next >= changed, "an event in the past")
    precondition(
      inFlight == 0 || next != .never, "transfers are in flight and none of them will land")
  }
}
