internal import Kernel
internal import Metrics
internal import Units

/// Who is in the cluster, and what happens to whom next.
struct Membership: Sendable {
  /// Where an instance stands.
  enum State: Sendable {
    /// Not there: not yet, no longer, or failed.
    case absent
    /// There and not ready.
    case starting
    /// Takes requests.
    case open
    /// Finishes what it runs.
    case leaving
  }

  /// When an instance that starts is ready.
  private struct Opening: Comparable, Sendable {
    let time: Instant
    let instance: Int

    static func < (a: Opening, b: Opening) -> Bool {
      (a.time, a.instance) < (b.time, b.instance)
    }
  }

  private(set) var states: [State]
  var counts: [MemberCounts]
  /// Requests that failed for good.
  var failed = 0
  /// Whether any instance was not there all the time.
  private var comesAndGoes = false
  private var since: [Instant]
  private let plan: [PlannedChange]
  private var planned = 0
  private var openings = MinHeap<Opening>()
  /// When each instance's last start is over.
  private var opensAt: [Instant]
  /// Those that failed and start again.
  private var starts = MinHeap<Opening>()

  init(_ rules: ClusterRules, instances: Int) {
    states = Array(repeating: .open, count: instances)
    for i in rules.absent { states[i] = .absent }
    counts = states.map { _ in MemberCounts() }
    since = Array(repeating: .zero, count: instances)
    opensAt = since
    plan = rules.changes.enumerated().sorted {
      ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
    }.map(\.element)
  }

  /// Whether `i` takes requests or soon will.
  func isPresent(_ i: Int) -> Bool { states[i] == .open || states[i] == .starting }

  /// When something happens next.
  var next: Instant {
    let change = planned < plan.count ? plan[planned].time : .never
    return min(change, openings.first?.time ?? .never, starts.first?.time ?? .never)
  }

  /// The next planned change, if it is due at `now`.
  mutating func takeChange(at now: Instant) -> PlannedChange? {
    guard planned < plan.count, plan[planned].time <= now else { return nil }
    planned += 1
    return plan[planned - 1]
  }

  /// The next instance that is ready at `now`.
  mutating func takeOpening(at now: Instant) -> Int? {
    while let first = openings.first, first.time <= now {
      openings.removeFirst()
      // One that failed or left meanwhile starts anew, and is ready when that start says.
      let isDue = opensAt[first.instance] == first.time
      if isDue, states[first.instance] == .starting { return first.instance }
    }
    return nil
  }

  /// `i` starts again `time` from now.
  mutating func planStart(_ i: Int, at now: Instant, after time: Seconds) {
    starts.push(Opening(time: time.value > 0 ? now + time : now, instance: i))
  }

  /// The next instance that starts again at `now`.
  mutating func takeStart(at now: Instant) -> Int? {
    guard let first = starts.first, first.time <= now else { return nil }
    starts.removeFirst()
    return first.instance
  }

  /// Nothing more happens.
  mutating func forgetPlan() {
    planned = plan.count
    (openings, starts) = (MinHeap<Opening>(), MinHeap<Opening>())
  }

  mutating func start(_ i: Int, at now: Instant, after time: Seconds) {
    states[i] = .starting
    since[i] = now
    opensAt[i] = time.value > 0 ? now + time : now
    openings.push(Opening(time: opensAt[i], instance: i))
  }

  mutating func set(_ i: Int, _ state: State, at now: Instant) {
    if state == .absent, states[i] != .absent {
      counts[i].spans.append(UpSpan(from: since[i], until: now))
    }
    states[i] = state
  }

  /// The run is over.
  mutating func close(at end: Instant) {
    for i in states.indices where states[i] != .absent {
      counts[i].spans.append(UpSpan(from: since[i], until: max(end, since[i])))
    }
    comesAndGoes = counts.contains { $0.spans != [UpSpan(from: .zero, until: end)] }
  }

  func record(_ variation: LoadVariation) -> ClusterRecord {
    var record = ClusterRecord(members: counts, loadVariation: variation.mean)
    record.comesAndGoes = comesAndGoes
    return record
  }
}
