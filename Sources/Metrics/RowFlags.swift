/// A mark that few requests have: no memory while none has it, else a byte a request.
struct RowFlags: Sendable, Equatable {
  private var flags: [Bool] = []

  /// Whether a request has it.
  var isEmpty: Bool { flags.isEmpty }

  /// Whether the request in `row` has it.
  subscript(row: Int) -> Bool { !flags.isEmpty && flags[row] }

  /// Adds the request in `row`, all before it being added.
  mutating func append(_ flag: Bool, row: Int) {
    if flags.isEmpty {
      guard flag else { return }
      flags = Array(repeating: false, count: row)
    }
    flags.append(flag)
  }

  /// Keeps the first `count` requests.
  mutating func truncate(to count: Int) {
    guard flags.count > count else { return }
    flags.removeLast(flags.count - count)
    if !flags.contains(true) { flags = [] }
  }

  /// Puts request `order[i]` at place i.
  mutating func permute(_ order: [Int]) {
    if !flags.isEmpty { flags = order.map { flags[$0] } }
  }
}
