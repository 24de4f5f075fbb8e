import Memory
import TestSupport
import Testing
import Units

/// Against fluid links that are written in another way.
@Suite struct FabricSharingTests {
  private static let count = isDebug ? 200 : 1_000

  @Test(arguments: Sharing.allCases)
  func `transfers land when a fluid model says`(_ sharing: Sharing) {
    var worst = 0.0
    for number in 0..<Self.count {
      let setting = RandomLinks(number, sharing: sharing, cancels: number % 2 == 1)
      var fabric = setting.fabric
      let (landed, cancelled) = setting.run(&fabric) { fabric, now in
        fabric.checkInvariants()
        if fabric.next < now { Issue.record("case \(number): an event in the past") }
      }
      var model = FluidLinks(setting.lanes, setting.routes, sharing)
      for action in setting.actions {
        if let transfer = action.transfer {
          model.submit(transfer, route: action.route, at: action.time.seconds.value)
        } else {
          model.cancel(action.tag, at: action.time.seconds.value)
        }
      }
      model.run(to: .infinity)
      for job in model.jobs {
        let tag = job.transfer.tag
        let times = landed.filter { $0.tag == tag }
        if let time = job.landed {
          guard times.count == 1 else {
            Issue.record("case \(number): transfer \(tag) landed \(times.count) times")
            continue
          }
          let apart = abs(times[0].time.seconds.value - time)
          worst = max(worst, apart)
          if apart > 10e-12 { Issue.record("case \(number): \(tag) is \(apart) s off") }
        } else if !times.isEmpty || !cancelled.contains(tag) {
          Issue.record("case \(number): transfer \(tag) was cancelled and landed")
        }
      }
      compareBytes(fabric, model, number)
    }
    print("\(sharing): at most \(worst) s apart in \(Self.count) cases")
  }

  /// Bytes that moved of what was cancelled too.
  private func compareBytes(_ fabric: Fabric, _ model: FluidLinks, _ number: Int) {
    for lane in fabric.lanes.indices {
      var bytes = 0.0
      for job in model.jobs {
        let times = model.routes[job.route].lanes.filter { $0 == lane }.count
        bytes += Double(job.transfer.bytes) * Double(times) * min(1, job.done / job.work)
      }
      let found = fabric.totals[lane].landed.map(\.bytes).reduce(0, +)
      // Each cancelled transfer is rounded down to whole bytes.
      let slack = 4 * Double(model.jobs.count)
      if abs(Double(found) - bytes) > slack {
        Issue.record("case \(number): lane \(lane) moved \(found) bytes, not \(bytes)")
      }
    }
  }

  @Test(arguments: Sharing.allCases)
  func `the same calls give the same result`(_ sharing: Sharing) {
    for number in 0..<Self.count / 4 {
      let setting = RandomLinks(number, sharing: sharing, cancels: true)
      var (one, two) = (setting.fabric, setting.fabric)
      (one.logsTransfers, two.logsTransfers) = (true, true)
      let (landed, _) = setting.run(&one)
      // Reading, and advancing to instants without an event, change nothing.
      let (again, _) = setting.run(&two) { fabric, now in
        var none: [Transfer] = []
        if fabric.next > now {
          fabric.advance(to: Instant(picoseconds: now.picoseconds), landed: &none)
        }
        _ = fabric.bytesMoved(over: 0, until: now)
        if !none.isEmpty { Issue.record("case \(number): landed without an event") }
      }
      #expect(landed.map(\.time) == again.map(\.time) && landed.map(\.tag) == again.map(\.tag))
      #expect(one.log == two.log && one.totals == two.totals && one.waiting == two.waiting)
    }
  }
}
