public import Files

/// The answer of `martlet trace generate`.
public struct WrittenTrace: Sendable {
  private let file: String
  private let requests: Int

  /// The answer that `requests` went into `file`.
  public init(file: String, requests: Int) {
    self.file = file
    self.requests = requests
  }

  /// One line for a person.
  public var text: String { "wrote \(file): \(requests) requests\n" }

  /// The same for programs.
  public var json: JSON {
    .object([
      ("file", .string(file)), ("format", .string("vidur")),
      ("requests", .integer(Int64(requests))),
    ])
  }
}
