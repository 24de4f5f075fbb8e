/// Where a setting was written.
public enum Place: Sendable, Equatable, CustomStringConvertible {
  /// A line of a file, counted from 1.
  case line(file: String, Int)
  /// A file as a whole: a default, or a key that is missing.
  case file(String)
  /// The command line, as the user wrote it: `--set engine.block_size`.
  case flag(String)

  /// `my.yaml:7`, `my.yaml` or `--set engine.block_size`.
  public var description: String {
    switch self {
    case .line(let file, let line): "\(file):\(line)"
    case .file(let file): file
    case .flag(let flag): flag
    }
  }
}

/// A value and where it was written, so that a later stage can still point at it.
public struct Located<Value: Sendable>: Sendable {
  /// The value.
  public var value: Value
  /// Where it was written.
  public var place: Place
  /// Full name of its key, such as `cluster.gpu`.
  public var key: String

  /// The value of `key`, written at `place`.
  public init(_ value: Value, key: String, at place: Place) {
    self.value = value
    self.key = key
    self.place = place
  }

  /// The error that this value has `fault`: `my.yaml:7: cluster.gpu fault`.
  public func error(_ fault: String) -> ConfigError { ConfigError(place, key: key, fault) }
}

/// A fault of usage or configuration, in one line: where, what, and what would be right.
///
/// The command line prints it and exits with 2.
public struct ConfigError: Error, Equatable, CustomStringConvertible {
  /// Where the fault is; nil when no file or flag is to blame.
  public let place: Place?
  /// Full name of the key at fault, such as `engine.block_size`; empty for a whole file.
  public let key: String
  /// What is wrong and what would be right, without place and key.
  public let message: String
  /// Whether every setting is right by itself and only their combination is not, such as a model
  /// that does not fit its GPU: a fault of one point of a sweep, not of the sweep.
  public private(set) var isMisfit = false

  /// The error that `key`, at `place`, has the fault `message`.
  public init(_ place: Place?, key: String = "", _ message: String) {
    self.place = place
    self.key = key
    self.message = message
  }

  /// `my.yaml:7: engine.block_size 17 is not a power of two; write one from 1 to 1024`.
  public var description: String {
    let start = place.map { "\($0): " } ?? ""
    // A flag already names the key that it sets.
    if case .flag(let flag)? = place, flag.hasSuffix(" \(key)") { return start + message }
    return start + (key.isEmpty ? "" : "\(key) ") + message
  }

  /// The same error as a fault of a combination.
  package var misfit: ConfigError {
    var error = self
    error.isMisfit = true
    return error
  }

  /// The error that `name` is no `kind` (key, GPU, scheduler …): names the nearest and all known.
  public static func unknown(
    _ kind: String, _ name: String, known: [String], at place: Place?
  ) -> ConfigError {
    let guess = nearest(name, in: known).map { " (did you mean \"\($0)\"?)" } ?? ""
    let list = known.isEmpty ? "none" : known.joined(separator: ", ")
    return ConfigError(place, "unknown \(kind) \"\(name)\"\(guess); known: \(list)")
  }
}
