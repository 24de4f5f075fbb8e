public import Units

/// Requests that an engine was timed with, one by one, ascending by arrival.
public struct MeasuredRequests: Sendable {
  /// Columns that tell such a file.
  public static let columns = [
    "arrival_s", "input_tokens", "output_tokens", "first_token_s", "last_token_s",
  ]

  /// One request; times from the zero of the file's clock.
  public struct Request: Sendable {
    /// When it reached the engine.
    public let arrival: Seconds
    /// When its first token came.
    public let firstToken: Seconds
    /// When its last token came.
    public let lastToken: Seconds
    /// Tokens of its output.
    public let output: Int

    /// Time to the first token.
    public var ttft: Double { (firstToken - arrival).value }
    /// From arrival to the last token.
    public var latency: Double { (lastToken - arrival).value }
    /// Time per token after the first; nil for a single token.
    public var tpot: Double? {
      output > 1 ? (lastToken - firstToken).value / Double(output - 1) : nil
    }
  }

  /// The requests.
  public let requests: [Request]

  /// Reads the rows of `table`.
  ///
  /// - Throws: `CalibrationError` with the line of a time before the one it follows.
  public init(_ table: MeasuredTable) throws(CalibrationError) {
    var list: [(line: Int, request: Request)] = []
    for row in table.rows {
      let times = [
        try row.number("arrival_s"), try row.number("first_token_s"),
        try row.number("last_token_s"),
      ]
      _ = try row.whole("input_tokens")
      guard times[0] <= times[1], times[1] <= times[2] else {
        throw CalibrationError(
          row.place, "its times go backwards: arrival_s, first_token_s, last_token_s must ascend")
      }
      list.append(
        (
          row.line,
          Request(
            arrival: Seconds(times[0]), firstToken: Seconds(times[1]),
            lastToken: Seconds(times[2]), output: try row.whole("output_tokens"))
        ))
    }
    requests =
      list.sorted {
        $0.request.arrival != $1.request.arrival
          ? $0.request.arrival < $1.request.arrival : $0.line < $1.line
      }.map(\.request)
  }
}
