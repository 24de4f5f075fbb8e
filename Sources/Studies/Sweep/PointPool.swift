internal import Experiment
internal import Files
internal import Synchronization
internal import Workload

/// The points that the workers of one process share, and how far they have come.
final class PointPool: Sendable {
  private struct State {
    var next = 0
    var finished = 0
    var failed = 0
    /// Finished share of the point that each worker runs.
    var shares: [Double]
    var fault: ConfigError?
  }

  /// What the points read.
  let traces: TraceLibrary
  private let points: [SweepPoint]
  private let kept: Int
  private let start: Double
  private let state: Mutex<State>

  /// A pool of `points` beside `kept` finished ones; the clock shows `start`.
  init(_ points: [SweepPoint], kept: Int, workers: Int, start: Double) {
    self.points = points
    self.kept = kept
    self.start = start
    state = Mutex(State(shares: Array(repeating: 0, count: workers)))
    traces = TraceLibrary(of: points.compactMap(\.reading))
  }

  /// The next point; nil when there is none, or a file could not be written.
  func take() -> SweepPoint? {
    state.withLock { state in
      guard state.next < points.count, state.fault == nil else { return nil }
      state.next += 1
      return points[state.next - 1]
    }
  }

  /// Whether a file could not be written.
  var hasFault: Bool { state.withLock { $0.fault != nil } }

  /// Lets every worker stop because of `fault`.
  func stop(because fault: ConfigError) {
    state.withLock { $0.fault = $0.fault ?? fault }
  }

  /// Notes that `worker` has done `share` of its point.
  func note(_ share: Double, of worker: Int, at time: Double) -> StudyProgress {
    state.withLock { state in
      state.shares[worker] = share
      return progress(state, time)
    }
  }

  /// Notes that `worker` has finished its point.
  func finish(by worker: Int, failed: Bool, at time: Double) -> StudyProgress {
    state.withLock { state in
      state.shares[worker] = 0
      state.finished += 1
      if failed { state.failed += 1 }
      return progress(state, time)
    }
  }

  /// Points finished, those among them that failed, and what could not be written.
  var result: (ran: Int, failed: Int, fault: ConfigError?) {
    state.withLock { ($0.finished, $0.failed, $0.fault) }
  }

  private func progress(_ state: State, _ time: Double) -> StudyProgress {
    let done = Double(state.finished) + state.shares.reduce(0, +)
    let left = done > 0 ? (time - start) / done * (Double(points.count) - done) : nil
    return StudyProgress(
      share: points.isEmpty ? 1 : done / Double(points.count), done: kept + state.finished,
      of: kept + points.count, secondsLeft: left)
  }
}

extension SweepPoint {
  /// What the point reads; nil when it draws its requests from distributions or cannot run.
  var reading: TraceLibrary.Reading? {
    misfit == nil ? TraceLibrary.Reading(config) : nil
  }
}
