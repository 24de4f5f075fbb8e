internal import Experiment
internal import Files
internal import Studies

/// One line on standard error that says how far a run has come; nothing unless that is a terminal.
struct ProgressBar {
  private let isShown: Bool
  private var hasDrawn = false
  private var lastDrawn = -1.0

  init(isShown: Bool) { self.isShown = isShown && isTerminal(standardError) }

  mutating func show(_ progress: Progress) {
    guard isShown else { return }
    let share = progress.requests > 0 ? Double(progress.settled) / Double(progress.requests) : 0
    draw(
      share,
      "\(Int(share * 100)) % of \(progress.requests) requests, \(Int(progress.seconds)) s simulated"
    )
  }

  /// Shows how far a study has come; a line that was drawn less than 0.1 s before `time` stays.
  mutating func show(_ progress: StudyProgress, at time: Double) {
    guard isShown, time - lastDrawn >= 0.1 else { return }
    lastDrawn = time
    draw(progress.share, progress.text)
  }

  mutating func clear() {
    if hasDrawn { printBytes(Array("\r\u{1B}[K".utf8), to: standardError) }
    hasDrawn = false
  }

  private mutating func draw(_ share: Double, _ text: String) {
    hasDrawn = true
    let filled = Int(share * 30)
    let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: 30 - filled)
    printBytes(Array("\r[\(bar)] \(text)\u{1B}[K".utf8), to: standardError)
  }
}
