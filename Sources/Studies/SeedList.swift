public import Files

/// Seeds as the command line has them.
public struct SeedList: Sendable {
  /// The seeds, ascending.
  public let seeds: [UInt64]

  /// Most seeds.
  private static let most = 10_000

  /// Reads `5`, the seeds 1 to 5, or `6-10`.
  ///
  /// - Throws: `ConfigError` when it is neither.
  public init(_ text: String) throws(ConfigError) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    let numbers = parts.compactMap { Scalar.whole($0) }
    let (first, last) = numbers.count == 2 ? (numbers[0], numbers[1]) : (1, numbers.first ?? 0)
    guard numbers.count == parts.count, numbers.count <= 2, first >= 0, first <= last,
      last - first < Self.most
    else {
      throw ConfigError(
        .flag("--seeds"),
        "\"\(text)\" is no list of seeds; write 5 for 1 to 5, or 6-10; \(Self.most) at most")
    }
    seeds = (first...last).map { UInt64($0) }
  }
}
