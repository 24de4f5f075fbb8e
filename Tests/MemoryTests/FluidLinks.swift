import Memory
import Units

/// Links as a textbook has them: time and work in floating point, every speed searched for by
/// halving intervals, nothing kept between events but the work left.
struct FluidLinks {
  struct Job {
    let transfer: Transfer
    let route: Int
    /// When it starts to want lanes, s.
    let ready: Double
    /// Time of each lane, by lane.
    let needs: [Int: Double]
    let work: Double
    var done = 0.0
    var landed: Double?
    var isCancelled = false
    var isOver: Bool { landed != nil || isCancelled }
  }

  let lanes: [Lane]
  let routes: [Route]
  let sharing: Sharing
  private(set) var jobs: [Job] = []
  private var now = 0.0

  init(_ lanes: [Lane], _ routes: [Route], _ sharing: Sharing) {
    (self.lanes, self.routes, self.sharing) = (lanes, routes, sharing)
  }

  mutating func submit(_ transfer: Transfer, route: Int, at time: Double) {
    run(to: time)
    var needs: [Int: Double] = [:]
    var lead = 0.0
    for index in routes[route].lanes {
      let lane = lanes[index]
      needs[index, default: 0] +=
        lane.perCopy.value * Double(transfer.copies)
        + Double(transfer.bytes) / lane.bandwidth.value
      lead += lane.latency.value
    }
    needs = needs.mapValues { max($0, 1e-12) }
    let work = routes[route].isPipelined ? needs.values.max() ?? 0 : needs.values.reduce(0, +)
    jobs.append(
      Job(transfer: transfer, route: route, ready: time + lead, needs: needs, work: work))
  }

  mutating func cancel(_ tag: Int32, at time: Double) {
    run(to: time)
    for index in jobs.indices where jobs[index].transfer.tag == tag && !jobs[index].isOver {
      jobs[index].isCancelled = true
    }
  }

  mutating func run(to end: Double) {
    while now < end {
      let speeds = speeds()
      var step = end - now
      for (job, speed) in zip(jobs, speeds) where !job.isOver {
        if job.ready > now { step = min(step, job.ready - now) }
        if speed > 1e-10 { step = min(step, (job.work - job.done) / speed) }
      }
      if step.isInfinite { return }
      now += step
      for index in jobs.indices where speeds[index] > 0 {
        jobs[index].done += speeds[index] * step
        let isDone = jobs[index].done >= jobs[index].work - 1e-15
        if isDone { jobs[index].landed = now }
      }
    }
  }

  /// The share of each lane that `speeds` use is at most all of it.
  private func fits(_ speeds: [Double]) -> Bool {
    var used = Array(repeating: 0.0, count: lanes.count)
    for (job, speed) in zip(jobs, speeds) {
      for (lane, need) in job.needs { used[lane] += speed * need / job.work }
    }
    return used.allSatisfy { $0 <= 1 + 1e-14 }
  }

  /// The largest number in 0...1 that fits; to a rounding error.
  private func largest(_ fits: (Double) -> Bool) -> Double {
    if fits(1) { return 1 }
    var (low, high) = (0.0, 1.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if fits(middle) { low = middle } else { high = middle }
    }
    return low
  }

  private func speeds() -> [Double] {
    var speeds = jobs.map { _ in 0.0 }
    var rising = jobs.indices.filter { !jobs[$0].isOver && jobs[$0].ready <= now + 1e-15 }
    if sharing == .fifo {
      for index in rising {
        speeds[index] = largest { speed in
          var tried = speeds
          tried[index] = speed
          return fits(tried)
        }
      }
      return speeds
    }
    while !rising.isEmpty {
      let level = largest { level in
        var tried = speeds
        for index in rising { tried[index] = level }
        return fits(tried)
      }
      for index in rising { speeds[index] = level }
      // Who cannot rise alone any more is limited.
      rising = rising.filter { index in
        var tried = speeds
        tried[index] += 1e-9
        return level < 1 && fits(tried)
      }
    }
    return speeds
  }
}
