/// Warnings of a run: the first of each kind is printed at once, the rest are counted.
public struct Warnings {
  /// One kind of warning.
  public struct Kind: Sendable, Equatable {
    /// A few words, such as `unservable requests`.
    public let kind: String
    /// The first warning of this kind.
    public let message: String
    /// How many there were.
    public fileprivate(set) var count: Int

    /// `count` warnings of `kind`, the first of which says `message`.
    package init(kind: String, message: String, count: Int) {
      self.kind = kind
      self.message = message
      self.count = count
    }
  }
  /// Every kind so far, in the order of their first warnings.
  public private(set) var kinds: [Kind] = []
  private let print: (String) -> Void

  /// Warnings that go to standard error.
  public init() { self.init { printError($0) } }

  /// Warnings that go, a line at a time, to `print`.
  public init(to print: @escaping (String) -> Void) { self.print = print }

  /// Warns of `message` when it is the first of its `kind`, a few words such as
  /// `unservable request`.
  public mutating func warn(_ kind: String, _ message: String, count: Int = 1) {
    guard count > 0 else { return }
    if let index = kinds.firstIndex(where: { $0.kind == kind }) {
      kinds[index].count += count
      return
    }
    kinds.append(Kind(kind: kind, message: message, count: count))
    print("warning: \(message)")
  }

  /// Prints how many there were of each kind that came more than once.
  public func finish() {
    for kind in kinds where kind.count > 1 {
      print("warning: \(kind.kind): \(kind.count) times")
    }
  }
}

/// Prints a line to standard error; a closed one is no reason to stop.
public func printError(_ line: String) {
  let bytes = Array((line.hasSuffix("\n") ? line : line + "\n").utf8)
  _ = bytes.withUnsafeBytes { Posix.writeAll(Posix.standardError, $0) }
}
