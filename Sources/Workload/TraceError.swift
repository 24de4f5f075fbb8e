/// Why no requests could be read or generated.
public struct TraceError: Error, CustomStringConvertible, Equatable {
  /// One line: the file and line where there is one, what is wrong, what would be right.
  public let description: String

  /// An error that concerns no file.
  init(_ message: String) { description = message }

  /// An error in a file, at one of its lines where one is to blame.
  init(_ path: String, line: Int? = nil, _ message: String) {
    description = line.map { "\(path):\($0): \(message)" } ?? "\(path): \(message)"
  }
}
