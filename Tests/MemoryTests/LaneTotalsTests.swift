import Memory
import TestSupport
import Testing
import Units

@Suite struct LaneTotalsTests {
  private func transfer(_ tag: Int32, _ cause: TransferCause, bytes: Int64) -> Transfer {
    var transfer = Transfer(cause, tag: tag, isOut: false, blocks: 1, bytes: bytes, copies: 4)
    transfer.instance = 7
    return transfer
  }

  private func at(_ microseconds: Int64) -> Instant {
    Instant(picoseconds: microseconds * 1_000_000)
  }

  @Test(arguments: Sharing.allCases)
  func `nothing is lost, leaked or early wherever transfers are cancelled`(_ sharing: Sharing) {
    for number in 0..<(isDebug ? 200 : 1_000) {
      let setting = RandomLinks(10_000 + number, sharing: sharing, cancels: true)
      for actsFirst in [false, true] {
        var fabric = setting.fabric
        var last = setting.lanes.map { _ in Int64(0) }
        let (landed, cancelled) = setting.run(&fabric, actsFirst: actsFirst) { fabric, now in
          fabric.checkInvariants()
          for lane in last.indices {
            let bytes = fabric.bytesMoved(over: lane, until: now)
            // Whole bytes of several transfers, each rounded down.
            if bytes < last[lane] { Issue.record("case \(number): bytes moved back") }
            last[lane] = bytes
          }
        }
        let ended = (landed.map(\.tag) + cancelled).sorted()
        #expect(ended == setting.actions.compactMap { $0.transfer?.tag }.sorted())
        #expect(fabric.inFlight == 0 && fabric.next == .never)
        for lane in fabric.lanes.indices {
          let total = fabric.totals[lane]
          let sent = total.submitted.reduce(TransferCount(), +)
          #expect(sent == (total.landed + total.cancelled).reduce(TransferCount(), +))
          #expect(last[lane] == total.landed.reduce(TransferCount(), +).bytes)
        }
      }
    }
  }

  @Test func `the log says when each was sent, moved and ended`() {
    var fabric = Fabric([Lane("link", bandwidth: BytesPerSecond(1e9))], routes: [Route([0])])
    fabric.logsTransfers = true
    for tag in 0..<Int32(3) {
      fabric.submit(transfer(tag, .load, bytes: 10_000), route: 0, at: at(Int64(tag)))
    }
    let isFound = fabric.cancel(instance: 7, tag: 2, at: at(5))
    var landed: [Transfer] = []
    fabric.advance(to: at(20), landed: &landed)
    #expect(isFound && landed.map(\.tag) == [0, 1])
    #expect(fabric.log.map(\.transfer.tag) == [2, 0, 1])
    #expect(fabric.log.map(\.submitted) == [at(2), at(0), at(1)])
    #expect(fabric.log.map(\.started) == [.never, at(0), at(10)])
    #expect(fabric.log.map(\.ended) == [at(5), at(10), at(20)])
    #expect(fabric.log.map(\.isCancelled) == [true, false, false])
    // 9 µs of the second, 3 µs of the cancelled.
    #expect(fabric.waiting[TransferCause.load.index] == 12_000_000)
  }

  @Test func `time series read what moved and how long until now`() {
    var fabric = Fabric([Lane("link", bandwidth: BytesPerSecond(1e9))], routes: [Route([0])])
    fabric.submit(transfer(0, .store, bytes: 10_000), route: 0, at: at(5))
    #expect(fabric.busy(of: 0, until: at(9)) == 4_000_000)
    #expect(fabric.bytesMoved(over: 0, until: at(9)) == 4_000)
    var landed: [Transfer] = []
    fabric.advance(to: at(15), landed: &landed)
    #expect(fabric.busy(of: 0, until: at(90)) == 10_000_000)
    #expect(fabric.bytesMoved(over: 0, until: at(90)) == 10_000)
  }

  @Test func `a lane that a route passes twice carries its bytes twice`() {
    let lane = Lane("dram", bandwidth: BytesPerSecond(1e9), latency: Seconds(1e-6))
    for isPipelined in [true, false] {
      var fabric = Fabric([lane], routes: [Route([0, 0], isPipelined: isPipelined)])
      fabric.submit(transfer(0, .load, bytes: 10_000), route: 0, at: at(0))
      var landed: [Transfer] = []
      fabric.advance(to: at(22), landed: &landed)
      #expect(landed.count == 1 && fabric.log.isEmpty)
      #expect(fabric.totals[0].landed[TransferCause.load.index].bytes == 20_000)
    }
  }

  @Test func `transfers between lower tiers take none of HBM's bandwidth`() {
    let lanes = [Lane("link", bandwidth: BytesPerSecond(1e9))]
    for cause in TransferCause.allCases {
      var fabric = Fabric(lanes, routes: [Route([0])])
      fabric.submit(transfer(0, cause, bytes: 10_000), route: 0, at: at(0))
      let passes = cause != .prefetch && cause != .demote
      #expect(abs(fabric.rate(of: 7).value - (passes ? 1e9 : 0)) < 1)
      #expect(fabric.rate(of: 8).value == 0)
    }
  }
}
