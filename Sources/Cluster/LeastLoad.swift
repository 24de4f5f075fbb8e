internal import Kernel

/// The open instances in the order of a number that a router gives each of them, its load; equal
/// ones in the order of their indices.
///
/// - Complexity: O(log instances) a change, O(1) a look at the first.
struct LeastLoad: Sendable {
  private var tournament: Tournament
  private var loads: [Double]
  private var isOpen: [Bool]
  /// Instances that are open.
  private(set) var count = 0

  /// `instances` instances without load, none of them open.
  init(_ instances: Int) {
    tournament = Tournament(leaves: instances)
    loads = Array(repeating: 0, count: instances)
    isOpen = Array(repeating: false, count: instances)
  }

  /// The load of an instance.
  subscript(instance: Int) -> Double { loads[instance] }

  /// Whether an instance is open.
  func isOpen(_ instance: Int) -> Bool { isOpen[instance] }

  /// The load of `instance`, open or not, is `load`.
  mutating func set(_ instance: Int, _ load: Double) {
    guard loads[instance] != load else { return }
    loads[instance] = load
    if isOpen[instance] { tournament.set(instance, Self.key(load)) }
  }

  /// Opens or closes `instance`.
  mutating func setOpen(_ instance: Int, _ open: Bool) {
    guard isOpen[instance] != open else { return }
    isOpen[instance] = open
    count += open ? 1 : -1
    tournament.set(instance, open ? Self.key(loads[instance]) : .max)
  }

  /// The open instance with the least load; there must be one.
  var first: Int { tournament.first }
  /// The least load of an open instance; there must be one.
  var least: Double { loads[tournament.first] }

  /// Visits the open instances from the least load on, as long as `body` answers true.
  func visitAscending(_ body: (Int) -> Bool) {
    tournament.visitAscending { instance, key in key < .max && body(instance) }
  }

  /// The order of `load` among whole numbers.
  private static func key(_ load: Double) -> UInt64 {
    let bits = (load == 0 ? 0 : load).bitPattern
    return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
  }
}
