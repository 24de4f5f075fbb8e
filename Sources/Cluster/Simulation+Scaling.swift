internal import Kernel
internal import Metrics
internal import Serving
internal import Units

/// What an autoscaler has yet to hear and when it is asked next.
struct Scaling: Sendable {
  var rule: ScalingRule
  /// Requests that ended on its instances since the last look.
  var ended: [EndedRequest] = []
  /// When it looks next.
  var next: Instant
  /// Until when nothing may change.
  var settles = Instant.zero

  init(_ rule: ScalingRule) {
    self.rule = rule
    next = Instant.zero + rule.interval
  }
}

// MARK: - Autoscaling

extension Simulation {
  /// Tells the autoscaler of the requests that instance `i` has just finished, if it served them in
  /// either phase.
  mutating func noteEnded(on i: Int) {
    guard let instances = scaling?.rule.instances else { return }
    for id in fleet.instances[i].finished {
      let row = Int(id.row)
      // A request that another instance decodes had its first token from the one that prefilled it.
      guard instances.contains(i) || instances.contains(Int(requests.instance[row])) else {
        continue
      }
      let ttft = Double(requests.firstToken[row] - requests.arrival[row]) * 1e-12
      scaling?.ended.append(EndedRequest(time: queue.now, ttft: ttft))
    }
  }

  /// Asks the autoscaler, and lets instances join or leave.
  mutating func scale() {
    guard var scaling else { return }
    let rule = scaling.rule
    var view = ScalingView(
      time: queue.now, open: 0, starting: 0, waiting: 0, tokens: 0, ended: scaling.ended)
    for i in rule.instances {
      fleet.instances[i].settle(at: queue.now)
      let totals = fleet.instances[i].recorder.totals
      // Where prompts alone are computed, they are counted where their first tokens are made.
      view.tokens +=
        fleet.instances[i].role == .prefill
        ? totals.prefillTokens : totals.promptTokens + totals.generatedTokens
      switch membership.states[i] {
      case .open:
        view.open += 1
        view.waiting += Int(fleet.current[i].waiting)
      case .starting: view.starting += 1
      case .absent, .leaving: break
      }
    }
    view.waiting += lobby.count { couldScale(for: $0) }
    scaling.ended.removeAll(keepingCapacity: true)
    let wanted = min(
      max(scaling.rule.autoscaler.instances(for: view), rule.fewest), rule.most)
    if wanted != view.present, queue.now >= scaling.settles {
      scaling.settles = queue.now + rule.cooldown
      change(rule.instances, by: wanted - view.present)
    }
    scaling.next = queue.now + rule.interval
    self.scaling = scaling
    pendNextChange()
    pendNextScaling()
  }

  /// The lowest instances that are not there join, or the highest that are leave.
  private mutating func change(_ instances: Range<Int>, by count: Int) {
    var left = count
    for i in instances where left > 0 && !membership.isPresent(i) {
      start(i)
      left -= 1
    }
    for i in instances.reversed() where left < 0 && membership.isPresent(i) {
      leave(i)
      left += 1
    }
  }

  /// The next look, as long as anything else goes on.
  mutating func pendNextScaling() {
    guard scaling != nil else { return }
    guard settledRequests == requests.count || !goesOn() else { return }
    self.scaling?.next = .never
    queue.set(scalings, at: .never)
  }

  /// Whether anything is pending that is no look at what there is.
  mutating func goesOn() -> Bool {
    queue.set(samples, at: .never)
    queue.set(scalings, at: .never)
    defer {
      queue.set(samples, at: nextSample)
      queue.set(scalings, at: scaling?.next ?? .never)
    }
    return queue.time < .never || touched.contains { fleet.current[$0].requests > 0 }
      || lobby.contains { couldScale(for: $0) }
  }

  /// Whether instances that the autoscaler lets in do what `id` waits for.
  private func couldScale(for id: RequestID) -> Bool {
    guard let first = scaling?.rule.instances.first else { return false }
    return fleet.instances[first].role.takesRequests == (parcel(of: id) == nil)
  }
}
