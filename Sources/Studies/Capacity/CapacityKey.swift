internal import Files

/// Which end of a key's values is asked for.
public enum CapacityGoal: String, Sendable {
  /// The largest value that meets.
  case largest
  /// The smallest value that meets.
  case fewest
}

/// A key of the experiment that a search varies.
struct CapacityKey: Sendable {
  /// The dotted key.
  let name: String
  let goal: CapacityGoal
  let isWhole: Bool
  /// Whether it sets the load on an instance, so that what an overloaded run has carried tells how
  /// far off its value is.
  let setsLoad: Bool
  /// Values that the experiment file takes.
  let range: ClosedRange<Double>
  /// What is counted, for sentences.
  private(set) var unit: String

  private init(
    _ name: String, _ goal: CapacityGoal, isWhole: Bool = false, setsLoad: Bool = true,
    _ range: ClosedRange<Double>, _ unit: String = ""
  ) {
    self.name = name
    self.goal = goal
    self.isWhole = isWhole
    self.setsLoad = setsLoad
    self.range = range
    self.unit = unit
  }

  private static let mostInFlight = Double(Int32.max)

  /// Keys whose direction is known.
  static let known = [
    CapacityKey("workload.rate", .largest, 1e-9...1e9, "req/s"),
    CapacityKey("workload.generate.arrivals.rate", .largest, 1e-9...1e9, "req/s"),
    CapacityKey("workload.speedup", .largest, 1e-9...1e9),
    CapacityKey("cluster.instances", .fewest, isWhole: true, 1...1_000_000, "instances"),
    CapacityKey(
      "workload.concurrency", .largest, isWhole: true, setsLoad: false, 1...mostInFlight,
      "in flight"),
    CapacityKey(
      "workload.generate.arrivals.concurrency", .largest, isWhole: true, setsLoad: false,
      1...mostInFlight, "in flight"),
  ]

  /// Parts of names of keys that count something; others may be any number.
  private static let counts = [
    "requests", "tokens", "seqs", "size", "parallel", "len", "batches", "instances", "blocks",
  ]

  /// The key called `name`, which stands at `start` in the experiment; one that is not known takes
  /// its direction from `goal`, and whole numbers when it counts something and starts at one.
  ///
  /// Rates are of sessions if `countsSessions`.
  ///
  /// - Throws: `ConfigError` when the direction is missing or contradicts what is known.
  init(
    _ name: String, goal: CapacityGoal?, start: Double?, countsSessions: Bool = false
  ) throws(ConfigError) {
    if let known = Self.known.first(where: { $0.name == name }) {
      if let goal, goal != known.goal {
        throw ConfigError(
          .flag("--\(goal.rawValue)"),
          "of \(name) is no limit: more of it is \(goal == .fewest ? "harder" : "easier")")
      }
      self = known
      if countsSessions, unit == "req/s" { unit = "sessions/s" }
      return
    }
    guard name != "seed" else {
      throw ConfigError(.flag("--vary"), "seed is no load; --seeds takes several")
    }
    guard let goal else {
      let error = ConfigError.unknown(
        "key to vary", name, known: Self.known.map(\.name), at: .flag("--vary"))
      throw ConfigError(
        error.place, error.message + ", or any number of the experiment with --largest or --fewest")
    }
    guard let start, start > 0 else {
      throw ConfigError(
        .flag("--vary \(name)"),
        "is no number above 0 in the experiment; give it one to start from with --set \(name)=…")
    }
    let isWhole = start == start.rounded() && Self.countsSomething(name)
    self.init(name, goal, isWhole: isWhole, setsLoad: false, isWhole ? 1...1e9 : 1e-9...1e9)
  }

  /// Whether the name of the key says so; of `input_tokens.max` the name before counts.
  private static func countsSomething(_ key: String) -> Bool {
    var names = key.split(separator: ".")
    if let last = names.last, ["value", "min", "max"].contains(last) { names.removeLast() }
    return (names.last ?? "").split(separator: "_").contains { counts.contains(String($0)) }
  }

  /// `value` as an experiment file has it.
  func text(_ value: Double) -> String { isWhole ? NumberText.shortest(value) : "\(value)" }

  /// `7.84 req/s`, `6 instances`, `workload.speedup 3` of a key without a unit.
  func phrase(_ value: Double) -> String {
    let number = NumberText.shortest(value)
    if name == "cluster.instances", value == 1 { return "1 instance" }
    return unit.isEmpty ? "\(name) \(number)" : "\(number) \(unit)"
  }

  /// `7.9 req/s fails: `, `5 instances fail: `.
  func failure(_ value: Double) -> String {
    let isPlural = name == "cluster.instances" && value != 1
    return "\(phrase(value)) \(isPlural ? "fail" : "fails"): "
  }
}
