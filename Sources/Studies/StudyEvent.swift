public import Files

/// How far a study has come, for a progress bar.
public struct StudyProgress: Sendable {
  /// Finished share of what this process runs, started runs included, 0…1.
  public let share: Double
  /// What is done, in a few words: `38 of 96 points, 12 s left`.
  public let text: String

  /// `done` of `total` points, kept ones included, which take `secondsLeft` more of wall-clock time
  /// at the pace so far; nil before there is one.
  init(share: Double, done: Int, of total: Int, secondsLeft: Double?) {
    let left = secondsLeft.map { ", \(WaitText.duration($0)) left" } ?? ""
    self.init(share: share, text: "\(done) of \(total) points\(left)")
  }

  /// `share`, said as `text`.
  init(share: Double, text: String) {
    self.share = share
    self.text = text
  }
}

/// What a running study has to tell; it may come from several threads at the same time.
public enum StudyEvent: Sendable {
  /// It has come further.
  case progress(StudyProgress)
  /// A reader should know this.
  case warning(Warnings.Kind)
}
