import Memory
import Testing
import Units

/// Links of round numbers, by arithmetic.
@Suite struct FabricTests {
  private let oneByOne = Lane("link", bandwidth: BytesPerSecond(10e9))

  private func transfer(
    _ tag: Int32, bytes: Int64, copies: Int64 = 1, cause: TransferCause = .swapOut
  ) -> Transfer {
    var transfer = Transfer(
      cause, tag: tag, isOut: cause == .swapOut, blocks: 1, bytes: bytes, copies: copies)
    transfer.instance = 0
    return transfer
  }

  private func at(_ microseconds: Int64) -> Instant {
    Instant(picoseconds: microseconds * 1_000_000)
  }

  /// When each lands, ps.
  private func landings(_ fabric: inout Fabric) -> [Int32: Int64] {
    var result: [Int32: Int64] = [:]
    while fabric.next != .never {
      let now = fabric.next
      var landed: [Transfer] = []
      fabric.advance(to: now, landed: &landed)
      fabric.checkInvariants()
      for transfer in landed {
        #expect(result[transfer.tag] == nil)
        result[transfer.tag] = now.picoseconds
      }
    }
    return result
  }

  private func expect(
    _ fabric: inout Fabric, _ expected: [Int32: Int64],
    at location: SourceLocation = #_sourceLocation
  ) {
    let found = landings(&fabric)
    #expect(found == expected, sourceLocation: location)
  }

  @Test func `two transfers on one link go one after the other in FIFO`() {
    var fabric = Fabric([oneByOne], routes: [Route([0])])
    // 10 GB/s: 100 µs and 50 µs.
    fabric.submit(transfer(1, bytes: 1_000_000), route: 0, at: at(0))
    fabric.submit(transfer(2, bytes: 500_000), route: 0, at: at(20))
    expect(&fabric, [1: 100_000_000, 2: 150_000_000])
    // The second waited from 20 to 100 µs.
    #expect(fabric.waiting[TransferCause.swapOut.index] == 80_000_000)
    #expect(fabric.totals[0].busy == 150_000_000)
  }

  @Test func `what went ahead is not moved again, but for the least that is left`() {
    var fabric = Fabric([oneByOne], routes: [])
    #expect(fabric.add(Route([0])) == 0 && fabric.add(Route([0, 0])) == 1)
    var early = transfer(1, bytes: 1_000_000)
    (early.ahead, early.leastLeft) = (Seconds(70e-6), 0.25)
    fabric.submit(early, route: 0, at: at(0))
    (early.tag, early.ahead) = (2, Seconds(90e-6))
    fabric.submit(early, route: 0, at: at(0))
    // Twice over the lane: 200 µs, of which 90 are over.
    (early.tag, early.leastLeft) = (3, 0)
    fabric.submit(early, route: 1, at: at(0))
    expect(&fabric, [1: 30_000_000, 2: 55_000_000, 3: 165_000_000])
    #expect(fabric.totals[0].landed[TransferCause.swapOut.index].bytes == 4_000_000)
    #expect(fabric.totals[0].busy == 165_000_000)
    #expect(fabric.waiting[TransferCause.swapOut.index] == 30_000_000 + 55_000_000)
  }

  @Test func `two transfers on one link halve each other when it is shared fairly`() {
    var fabric = Fabric([oneByOne], routes: [Route([0])], sharing: .fair)
    fabric.submit(transfer(1, bytes: 1_000_000), route: 0, at: at(0))
    fabric.submit(transfer(2, bytes: 500_000), route: 0, at: at(20))
    #expect(fabric.rate(of: 0).value == 10e9)
    // Both at half speed from 20 µs: the second ends at 120 µs, when the first has 30 µs left.
    expect(&fabric, [2: 120_000_000, 1: 150_000_000])
    #expect(fabric.waiting[TransferCause.swapOut.index] == 100_000_000)
    #expect(fabric.totals[0].busy == 150_000_000)
  }

  @Test func `copies cost their own time and latency occupies nothing`() {
    let lane = Lane(
      "link", bandwidth: BytesPerSecond(10e9), perCopy: Seconds(2e-6), latency: Seconds(5e-6))
    var fabric = Fabric([lane], routes: [Route([0])])
    // 10 copies: 20 µs + 100 µs after 5 µs; the lead of the second passes meanwhile.
    fabric.submit(transfer(1, bytes: 1_000_000, copies: 10), route: 0, at: at(0))
    fabric.submit(transfer(2, bytes: 1_000_000, copies: 10), route: 0, at: at(0))
    #expect(fabric.rate(of: 0).value == 0)
    #expect(fabric.next == at(5))
    expect(&fabric, [1: 125_000_000, 2: 245_000_000])
    #expect(fabric.totals[0].busy == 240_000_000)
  }

  @Test func `a transfer of nothing lands a picosecond later at the earliest`() {
    for sharing in Sharing.allCases {
      var fabric = Fabric([oneByOne], routes: [Route([0])], sharing: sharing)
      fabric.submit(transfer(1, bytes: 0, copies: 0), route: 0, at: at(3))
      expect(&fabric, [1: 3_000_001])
    }
  }

  @Test func `a link that carries one way at a time is one lane for both`() {
    let full = [oneByOne, oneByOne]
    var both = Fabric(full, routes: [Route([0]), Route([1])])
    both.submit(transfer(1, bytes: 1_000_000), route: 0, at: at(0))
    both.submit(transfer(2, bytes: 1_000_000, cause: .swapIn), route: 1, at: at(0))
    expect(&both, [1: 100_000_000, 2: 100_000_000])
    var half = Fabric([oneByOne], routes: [Route([0]), Route([0])])
    half.submit(transfer(1, bytes: 1_000_000), route: 0, at: at(0))
    half.submit(transfer(2, bytes: 1_000_000, cause: .swapIn), route: 1, at: at(0))
    expect(&half, [1: 100_000_000, 2: 200_000_000])
    #expect(half.waiting[TransferCause.swapIn.index] == 100_000_000)
  }

  @Test func `from SSD through DRAM to HBM the slowest lane decides when pipelined`() {
    let lanes = [
      Lane("ssd", bandwidth: BytesPerSecond(5e9), latency: Seconds(70e-6)),
      Lane("dram", bandwidth: BytesPerSecond(100e9)),
      Lane("pcie", bandwidth: BytesPerSecond(25e9), latency: Seconds(1e-6)),
    ]
    var piped = Fabric(lanes, routes: [Route([0, 1, 2]), Route([2])])
    piped.submit(transfer(1, bytes: 10_000_000), route: 0, at: at(0))
    // 71 µs + 10 MB / 5 GB/s; PCIe is used to a fifth of it, the rest is another's.
    piped.submit(transfer(2, bytes: 20_000_000), route: 1, at: at(70))
    var landed: [Transfer] = []
    piped.advance(to: at(71), landed: &landed)
    #expect(abs(piped.rate(of: 0).value - 25e9) < 1)
    // 800 µs of PCIe at 0.8 of it.
    expect(&piped, [1: 2_071_000_000, 2: 1_071_000_000])
    var bounced = Fabric(lanes, routes: [Route([0, 1, 2], isPipelined: false)])
    bounced.submit(transfer(1, bytes: 10_000_000), route: 0, at: at(0))
    expect(&bounced, [1: 2_571_000_000])
  }

  @Test func `several GPUs behind one switch share its uplink`() {
    let lanes =
      (0..<4).map { Lane("gpu \($0)", bandwidth: BytesPerSecond(25e9)) }
      + [Lane("uplink", bandwidth: BytesPerSecond(50e9))]
    var fabric = Fabric(
      lanes, routes: (0..<4).map { Route([$0, 4]) }, sharing: .fair)
    for gpu in 0..<4 {
      fabric.submit(transfer(Int32(gpu), bytes: 25_000_000), route: gpu, at: at(0))
    }
    // 100 MB over 50 GB/s.
    let times = landings(&fabric)
    #expect(times.count == 4 && times.values.allSatisfy { abs($0 - 2_000_000_000) <= 1 })
  }

  @Test func `a cancelled transfer gives back what did not move`() {
    var fabric = Fabric([oneByOne], routes: [Route([0])])
    fabric.submit(transfer(1, bytes: 1_000_000, copies: 8), route: 0, at: at(0))
    fabric.submit(transfer(2, bytes: 1_000_000), route: 0, at: at(0))
    // A quarter of 100 µs has passed.
    #expect(fabric.bytesMoved(over: 0, until: at(25)) == 250_000)
    let cancelled = [(0, 1), (0, 1), (1, 2)].map { (instance: Int32, tag: Int32) in
      fabric.cancel(instance: instance, tag: tag, at: at(25))
    }
    #expect(cancelled == [true, false, false])
    fabric.checkInvariants()
    let cause = TransferCause.swapOut.index
    #expect(fabric.totals[0].landed[cause].bytes == 250_000)
    #expect(fabric.totals[0].landed[cause].copies == 2)
    #expect(fabric.totals[0].cancelled[cause].bytes == 750_000)
    #expect(fabric.totals[0].cancelled[cause].copies == 6)
    #expect(fabric.totals[0].cancelled[cause].transfers == 1)
    expect(&fabric, [2: 125_000_000])
    #expect(fabric.inFlight == 0)
  }

  @Test func `what happens at the instant of an end does not delay it`() {
    for sharing in Sharing.allCases {
      var fabric = Fabric([oneByOne], routes: [Route([0])], sharing: sharing)
      fabric.submit(transfer(1, bytes: 1_000_000), route: 0, at: at(0))
      fabric.submit(transfer(2, bytes: 1_000_000), route: 0, at: at(100))
      if sharing == .fifo {
        // The first is over, so the second moves though nobody has asked.
        #expect(fabric.next == at(100))
      }
      expect(&fabric, [1: 100_000_000, 2: 200_000_000])
      var cancelled = Fabric([oneByOne], routes: [Route([0])], sharing: sharing)
      cancelled.submit(transfer(1, bytes: 1_000_000), route: 0, at: at(0))
      cancelled.submit(transfer(2, bytes: 1_000_000), route: 0, at: at(100))
      let isFound = cancelled.cancel(instance: 0, tag: 1, at: at(100))
      #expect(isFound)
      #expect(cancelled.totals[0].landed[0].bytes == 1_000_000)
      expect(&cancelled, [2: 200_000_000])
    }
  }

  @Test func `what others do does not round a long transfer`() {
    // 1,000 s, and 5,000 others come meanwhile.
    var fabric = Fabric([oneByOne, oneByOne], routes: [Route([0]), Route([1])])
    fabric.submit(transfer(0, bytes: 10_000_000_000_000), route: 0, at: at(0))
    for tag in 1...Int32(5_000) {
      let now = Instant(picoseconds: Int64(tag) * 1_234_567)
      var landed: [Transfer] = []
      fabric.advance(to: now, landed: &landed)
      fabric.submit(transfer(tag, bytes: 9), route: 1, at: now)
    }
    let end = landings(&fabric)[0]
    #expect(end == 1_000_000_000_000_000)
  }

  @Test func `those that land at one instant are reported in order of submission`() {
    let lanes = Array(repeating: oneByOne, count: 6)
    var fabric = Fabric(lanes, routes: lanes.indices.map { Route([$0]) })
    for (tag, lane) in [3, 0, 5, 1, 4].enumerated() {
      fabric.submit(transfer(Int32(tag), bytes: 100_000), route: lane, at: at(0))
    }
    // All are over, and one more comes before that is reported.
    fabric.submit(transfer(9, bytes: 100_000), route: 2, at: at(10))
    var landed: [Transfer] = []
    fabric.advance(to: at(10), landed: &landed)
    #expect(landed.map(\.tag) == [0, 1, 2, 3, 4])
  }

  @Test func `a transfer that is cancelled before it moves leaves no event behind`() {
    let lane = Lane("link", bandwidth: BytesPerSecond(10e9), latency: Seconds(5e-6))
    var fabric = Fabric([lane], routes: [Route([0])])
    fabric.submit(transfer(1, bytes: 1_000_000), route: 0, at: at(0))
    fabric.submit(transfer(2, bytes: 1_000_000), route: 0, at: at(1))
    let isFound = fabric.cancel(instance: 0, tag: 1, at: at(2))
    #expect(isFound && fabric.next == at(6))
    expect(&fabric, [2: 106_000_000])
    #expect(fabric.waiting[TransferCause.swapOut.index] == 0)
  }

  @Test func `ten thousand transfers on one lane end when their times add up, to the picosecond`() {
    let lane = Lane("link", bandwidth: BytesPerSecond(3e9), perCopy: Seconds(3.43e-6))
    var fabric = Fabric([lane], routes: [Route([0])])
    let bytes = (0..<10_000).map { Int64($0) * 7_919 % 100_003 }
    // They come faster than they go, at instants at which others are under way.
    let comes = (0..<10_000).map { Instant(picoseconds: Int64($0) * 17_000_001) }
    var (end, expected, waiting) = (Instant.zero, [Int32: Int64](), Int128(0))
    var (result, sent) = ([Int32: Int64](), 0)
    while sent < comes.count || fabric.next != .never {
      if sent < comes.count, comes[sent] <= fabric.next {
        fabric.submit(
          transfer(Int32(sent), bytes: bytes[sent], copies: 3), route: 0, at: comes[sent])
        let time = Seconds(3 * 3.43e-6 + Double(bytes[sent]) / 3e9)
        end = max(end, comes[sent]) + time
        waiting += Int128(end - (comes[sent] + time))
        expected[Int32(sent)] = end.picoseconds
        sent += 1
        continue
      }
      let now = fabric.next
      var landed: [Transfer] = []
      fabric.advance(to: now, landed: &landed)
      for transfer in landed { result[transfer.tag] = now.picoseconds }
    }
    #expect(result == expected)
    // A picosecond each: an end is rounded from the start, alone from the submission.
    #expect(abs(fabric.waiting[TransferCause.swapOut.index] - waiting) <= 10_000)
    fabric.checkInvariants()
  }
}
