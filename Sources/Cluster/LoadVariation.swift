/// How unequal the loads of the open instances are: the coefficient of variation of their pending
/// prompt tokens, as each routed request finds it.
///
/// - Complexity: O(1) a change and a sample; sums are whole numbers.
struct LoadVariation: Sendable {
  private var members: Int64 = 0
  private var sum: Int64 = 0
  private var squares: Int128 = 0
  private var total = 0.0
  private var samples = 0

  mutating func join(_ load: Int64) {
    members += 1
    sum += load
    squares += Int128(load) * Int128(load)
  }

  mutating func leave(_ load: Int64) {
    members -= 1
    sum -= load
    squares -= Int128(load) * Int128(load)
  }

  mutating func change(_ old: Int64, to new: Int64) {
    guard old != new else { return }
    sum += new - old
    squares += Int128(new - old) * Int128(new + old)
  }

  /// A request is about to be routed; without any load there is nothing to compare.
  mutating func sample() {
    guard members > 1, sum > 0 else { return }
    let spread = Int128(members) * squares - Int128(sum) * Int128(sum)
    // What 64 bits hold is rounded alike and much sooner.
    let square = Int64(exactly: spread).map { Double(max(0, $0)) } ?? Double(max(0, spread))
    total += square.squareRoot() / Double(sum)
    samples += 1
  }

  /// Mean over the requests that found any load; nil if none did.
  var mean: Double? { samples > 0 ? total / Double(samples) : nil }
}
