internal import Files
internal import Studies
internal import Synchronization

/// What the runs of a study write to standard error, from whichever thread.
final class StudyConsole: Sendable {
  private struct State {
    var bar: ProgressBar
    var warnings = Warnings()
  }
  private let state: Mutex<State>

  init(isShown: Bool) { state = Mutex(State(bar: ProgressBar(isShown: isShown))) }

  func show(_ event: StudyEvent) {
    state.withLock { state in
      switch event {
      case .progress(let progress): state.bar.show(progress, at: monotonicSeconds())
      case .warning(let kind):
        state.bar.clear()
        state.warnings.warn(kind.kind, kind.message, count: kind.count)
      }
    }
  }

  func finish() {
    state.withLock { state in
      state.bar.clear()
      state.warnings.finish()
    }
  }
}
