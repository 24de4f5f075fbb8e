extension ColumnCatalog {
  /// Columns of users.csv.
  public static let users: [ColumnEntry] = [
    ColumnEntry("user", "", "The session.", each),
    ColumnEntry("requests", "", "Completed requests.", each),
    ColumnEntry("prompt_tokens", "tokens", "Their prompt tokens.", each),
    ColumnEntry("output_tokens", "tokens", "Their output tokens.", each),
    ColumnEntry("mean_ttft_ms", "ms", "Mean time to first token.", each),
    ColumnEntry("presence_s", "s", "Time with at least one of them in the system.", each),
    ColumnEntry("service", "tokens", "prompt_tokens + 2 * output_tokens.", each),
    ColumnEntry("service_rate", "tokens/s", "service / presence_s.", each),
  ]

  private static let each = "completed measured requests of one session"
}
