internal import Experiment

/// One line on standard error that says how far a run has come; nothing unless that is a terminal.
struct ProgressBar {
  private let isShown: Bool
  private var hasDrawn = false

  init(isShown: Bool) { self.isShown = isShown && isTerminal(standardError) }

  mutating func show(_ progress: Progress) {
    guard isShown else { return }
    hasDrawn = true
    let share = progress.requests > 0 ? Double(progress.settled) / Double(progress.requests) : 0
    let filled = Int(share * 30)
    let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: 30 - filled)
    printBytes(
      Array(
        "\r[\(bar)] \(Int(share * 100)) % of \(progress.requests) requests, "
          .utf8), to: standardError)
    printBytes(Array("\(Int(progress.seconds)) s simulated".utf8), to: standardError)
  }

  func clear() {
    if hasDrawn { printBytes(Array("\r\u{1B}[K".utf8), to: standardError) }
  }
}
