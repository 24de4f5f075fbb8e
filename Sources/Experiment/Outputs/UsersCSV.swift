internal import Files
internal import Metrics

/// Rows of users.csv, by user; columns as `ColumnCatalog.users` has them.
struct UsersCSV {
  /// No row is longer.
  static let longestRow = 256

  /// Appends one row.
  func write(_ user: UserShare, into out: inout ByteBuffer) {
    for number in [Int64(user.user), user.requests, user.promptTokens, user.outputTokens] {
      out.append(number)
      out.comma()
    }
    out.append(milliseconds: user.meanTTFT)
    out.comma()
    out.append(seconds: user.presence)
    out.append(text: ",\(user.service),\(user.rate)")
    out.newline()
  }
}

/// Writes users.csv of a run with several users.
func writeUsers<Sink: OutputSink & ~Copyable>(
  _ summary: Summary, to sink: inout Sink
) throws(Sink.Failure) {
  guard let fairness = summary.fairness else { return }
  let header = ColumnCatalog.header(ColumnCatalog.users)
  var stream = try RowStream<Sink>("users.csv", header: header, to: &sink)
  let rows = UsersCSV()
  for user in fairness.users {
    try stream.add(upTo: UsersCSV.longestRow, to: &sink) {
      rows.write(user, into: &$0)
    }
  }
  try stream.finish(to: &sink)
}
