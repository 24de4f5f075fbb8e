public import Files
public import Metrics
internal import Workload

/// The answer of `martlet trace generate`.
public struct WrittenTrace: Sendable {
  private let file: String
  private let format: String
  private let requests: Int

  /// The formats that requests can be written in.
  public static let formats = ["mooncake", "vidur"]

  /// The answer that `requests` went into `file` in `format`.
  public init(file: String, format: String = "vidur", requests: Int) {
    self.file = file
    self.format = format
    self.requests = requests
  }

  /// The format that keeps all that is known of `requests`, which is vidur without blocks and
  /// sessions.
  public static func format(for requests: RequestTable) -> String {
    requests.chains == nil && requests.turns == nil ? "vidur" : "mooncake"
  }

  /// `requests` as a file in `format`.
  ///
  /// - Throws: `ConfigError` when there is no such format.
  public static func bytes(
    of requests: RequestTable, in format: String
  ) throws(ConfigError) -> [UInt8] {
    switch format {
    case "mooncake": return mooncakeJSON(requests)
    case "vidur": return vidurCSV(requests)
    default: throw .unknown("format", format, known: formats, at: .flag("--to"))
    }
  }

  /// What a file in `format` says nothing of, or wrongly, in words; one line each.
  public static func losses(of requests: RequestTable, in format: String) -> [String] {
    var losses: [String] = []
    if format == "vidur" {
      let parts = [
        requests.chains == nil ? nil : "prompt blocks", requests.turns == nil ? nil : "sessions",
      ].compactMap { $0 }
      losses = parts.map { "format vidur has no \($0); they are left out" }
    }
    if format == "mooncake", let chains = requests.chains, chains.tokensPerBlock != 512 {
      losses.append(
        "format mooncake does not say how long a block is: these have \(chains.tokensPerBlock)"
          + " tokens, its readers expect 512")
    }
    return losses
  }

  /// One line for a person.
  public var text: String { "wrote \(file): \(requests) requests\n" }

  /// The same for programs.
  public var json: JSON { .object(members) }

  /// Keys and values of `json`.
  var members: [(String, JSON)] {
    [
      ("file", .string(file)), ("format", .string(format)),
      ("requests", .integer(Int64(requests))),
    ]
  }
}
