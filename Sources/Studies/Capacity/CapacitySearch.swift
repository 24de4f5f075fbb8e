internal import CGSL
internal import Files

/// Finds the hardest value that meets: the largest of some keys, the fewest of others.
///
/// A value is probed at most once. A bracket, one value that meets and a harder one that does not,
/// is found by growing steps from the start, then narrowed: whole numbers by bisection, others by
/// Brent's method on the margin over the logarithm of the value, as long as enough probes are left
/// to bisect if that creeps. What counts is only whether a
/// probed value met; margins guide the way.
final class CapacitySearch {
  /// What a probe tells.
  struct Reading {
    /// Above 0 when it does not meet, the larger the further off.
    let margin: Double
    /// Whether it meets.
    let meets: Bool
    /// Load carried over load offered when the run was overloaded and the key sets the load.
    var loadShare: Double?
  }

  /// A value that was probed.
  struct Point {
    let value: Double
    /// Logarithm of the value, turned so that more is harder.
    let place: Double
    let reading: Reading
  }

  /// What is searched.
  struct Domain {
    /// Whether a larger value is harder to carry; else a smaller one is.
    var seeksLargest = true
    /// Whether only whole numbers are values.
    var isWhole = false
    /// Whether the key sets the load: easing it far enough leaves nothing to wait for.
    var isLoad = false
    /// Values that may be probed.
    var range: ClosedRange<Double>
    /// Relative width of the bracket at which the search ends.
    var tolerance = 0.01
    /// Most probes.
    var mostProbes = 20
  }

  /// How a search ended.
  enum End: String {
    /// The bracket is as narrow as asked for.
    case closed
    /// The probes are used up.
    case probeLimit = "probe_limit"
    /// The hardest value of the range meets.
    case rangeEnd = "range_end"
    /// Everything meets, up to a million times the start.
    case unlimited
    /// Nothing meets: the easiest value of the range, or what easing no longer changes.
    case nothingMeets = "nothing_meets"
  }

  let domain: Domain
  private let probe: (Double) throws(ConfigError) -> Reading
  /// Every probe, in order.
  private(set) var points: [Point] = []
  /// The hardest value that meets, below every one that does not.
  private(set) var easy: Point?
  /// The easiest value that does not meet.
  private(set) var hard: Point?

  /// A search that asks `probe` for the reading of a value.
  init(_ domain: Domain, probe: @escaping (Double) throws(ConfigError) -> Reading) {
    self.domain = domain
    self.probe = probe
  }

  /// Searches from `start`, which is moved into the range.
  ///
  /// - Throws: what a probe throws, and `ConfigError` when the root finder cannot work.
  func run(from start: Double) throws(ConfigError) -> End {
    try ask(domain.clamped(start))
    let early = easy != nil ? try harden() : try ease()
    if let early { return early }
    if domain.isWhole { try bisect() } else { try narrow() }
    return isClosed ? .closed : .probeLimit
  }

  private var hasRoom: Bool { points.count < domain.mostProbes }

  /// Probes `value` and moves the end of the bracket that it settles.
  @discardableResult private func ask(_ value: Double) throws(ConfigError) -> Point {
    let point = Point(value: value, place: domain.place(of: value), reading: try probe(value))
    points.append(point)
    if point.reading.meets {
      if point.place > easy?.place ?? -.infinity { easy = point }
    } else if point.place < hard?.place ?? .infinity {
      hard = point
    }
    return point
  }

  // MARK: - The bracket

  private static let doubling = 0.6931471805599453

  /// Probes harder values until one does not meet; nil when there is a bracket.
  private func harden() throws(ConfigError) -> End? {
    var step = Self.doubling
    var travelled = 0.0
    while hard == nil, let last = easy {
      if last.value == domain.hardest { return .rangeEnd }
      guard hasRoom else { return .probeLimit }
      guard travelled < 13.8 else { return .unlimited }
      try ask(domain.moved(last.value, by: step))
      travelled += step
      step += Self.doubling
    }
    return nil
  }

  /// Probes easier values until one meets; nil when there is a bracket.
  private func ease() throws(ConfigError) -> End? {
    var step = Self.doubling
    var travelled = 0.0
    while easy == nil, let last = hard {
      if last.value == domain.easiest { return .nothingMeets }
      guard hasRoom else { return .probeLimit }
      guard travelled < 13.8 else { return .nothingMeets }
      var move = -step
      // The first guess is 10 % below the load that an overloaded run has carried.
      if let share = last.reading.loadShare {
        let estimate = min(cgsl_log(share) - 0.1, -0.3)
        move = points.count == 1 ? estimate : min(estimate, move)
      }
      let point = try ask(domain.moved(last.value, by: move))
      if !point.reading.meets, easesInVain(last.reading, point.reading) { return .nothingMeets }
      travelled += last.place - point.place
      step += Self.doubling
    }
    return nil
  }

  /// Whether readings of two loads have the same margin and carry the same share.
  ///
  /// A system that rests meets no more by resting longer.
  private func easesInVain(_ a: Reading, _ b: Reading) -> Bool {
    guard points.count > 2, domain.isLoad, abs(a.margin - b.margin) < 1e-3 else { return false }
    return abs((a.loadShare ?? 1) - (b.loadShare ?? 1)) < 0.01
  }

  // MARK: - Narrowing

  private var isClosed: Bool {
    guard let easy, let hard else { return false }
    return domain.isClosed(easy.value, hard.value)
  }

  /// A value inside the bracket that the load carried at its hard end points at; nil without one.
  private var estimate: Double? {
    guard let easy, let hard, let share = hard.reading.loadShare else { return nil }
    let place = hard.place + cgsl_log(share) - 0.05
    guard place > easy.place + 0.1, place < hard.place - 0.1 else { return nil }
    let value = domain.value(at: place)
    return domain.lies(value, between: easy.value, and: hard.value) ? value : nil
  }

  private func bisect() throws(ConfigError) {
    if !isClosed, hasRoom, let estimate { try ask(estimate) }
    while !isClosed, hasRoom, let easy, let hard {
      try ask(domain.middle(easy.value, hard.value))
    }
  }

  private func narrow() throws(ConfigError) {
    if !isClosed, hasRoom, let estimate { try ask(estimate) }
    while !isClosed, hasRoom, let easy, let hard {
      let known = points.count
      try interpolate(atMost: spare)
      guard !isClosed, hasRoom, let low = self.easy, let high = self.hard else { return }
      // Where margins are kinked or flat, interpolation creeps.
      let hasHalved = high.place - low.place <= (hard.place - easy.place) / 2
      if points.count == known || !hasHalved { try ask(domain.middle(low.value, high.value)) }
    }
  }

  /// Probes that bisection alone would leave, one kept for rounding; 3 at most, so that the
  /// progress is looked at.
  private var spare: Int {
    guard let easy, let hard else { return 0 }
    let quotient = (hard.place - easy.place) / cgsl_log1p(domain.tolerance)
    let halvings = (cgsl_log(max(quotient, 1)) / Self.doubling).rounded(.up)
    return min(3, max(0, domain.mostProbes - points.count - Int(halvings) - 1))
  }

  /// What GSL hands back to the margin.
  private final class Problem {
    let search: CapacitySearch
    /// The ends of the bracket that GSL begins with.
    let ends: [Point]
    var error: ConfigError?
    init(_ search: CapacitySearch, _ ends: [Point]) { (self.search, self.ends) = (search, ends) }

    /// The margin at `place`; not a number ends the iteration.
    func margin(at place: Double) -> Double {
      if let end = ends.first(where: { $0.place == place }) { return Self.signed(end.reading) }
      do throws(ConfigError) {
        return Self.signed(try search.ask(search.snapped(place)).reading)
      } catch {
        self.error = error
        return .nan
      }
    }

    /// Sizes beyond 3 say no more, and a sign must be one.
    private static func signed(_ reading: Reading) -> Double {
      reading.meets
        ? min(max(reading.margin, -3), -1e-9) : max(min(reading.margin, 3), 1e-9)
    }
  }

  /// The value at `place`, kept a good part of the tolerance away from the ends of the bracket:
  /// closer probes would narrow nothing.
  private func snapped(_ place: Double) -> Double {
    guard let easy, let hard else { return domain.value(at: place) }
    let gap = 0.45 * cgsl_log1p(domain.tolerance)
    return domain.value(at: min(max(place, easy.place + gap), hard.place - gap))
  }

  /// Iterates Brent's method for `most` probes at most, fewer when the bracket is closed or it
  /// stalls.
  private func interpolate(atMost most: Int) throws(ConfigError) {
    guard most > 0, let easy, let hard else { return }
    gsl_set_error_handler_off()  // the default handler aborts the process
    guard let solver = gsl_root_fsolver_alloc(cgsl_root_brent()) else {
      throw ConfigError(nil, "no memory for a root finder")
    }
    defer { gsl_root_fsolver_free(solver) }
    let problem = Problem(self, [easy, hard])
    let context = Unmanaged.passRetained(problem)
    defer { context.release() }
    var function = gsl_function()
    function.params = context.toOpaque()
    function.function = { place, context in
      guard let context else { return .nan }
      return Unmanaged<Problem>.fromOpaque(context).takeUnretainedValue().margin(at: place)
    }
    let status = gsl_root_fsolver_set(solver, &function, easy.place, hard.place)
    guard status == Int32(GSL_SUCCESS) else { throw Self.fault(status) }
    let last = points.count + most
    while !isClosed, points.count < last {
      let known = points.count
      let status = gsl_root_fsolver_iterate(solver)
      if let error = problem.error { throw error }
      guard status == Int32(GSL_SUCCESS) else { throw Self.fault(status) }
      guard points.count > known else { return }
    }
  }

  private static func fault(_ status: Int32) -> ConfigError {
    ConfigError(nil, "the root finder failed: \(String(cString: gsl_strerror(status)))")
  }
}

// MARK: - Values and places

extension CapacitySearch.Domain {
  var hardest: Double { seeksLargest ? range.upperBound : range.lowerBound }
  var easiest: Double { seeksLargest ? range.lowerBound : range.upperBound }

  func place(of value: Double) -> Double { (seeksLargest ? 1 : -1) * cgsl_log(value) }

  func value(at place: Double) -> Double { rounded(cgsl_exp(seeksLargest ? place : -place)) }

  /// `value` moved `distance` harder, by one at least when it is a whole number.
  func moved(_ value: Double, by distance: Double) -> Double {
    let moved = self.value(at: place(of: value) + distance)
    guard isWhole, moved == value else { return moved }
    return rounded(value + ((distance > 0) == seeksLargest ? 1 : -1))
  }

  /// `value` moved into the range.
  func clamped(_ value: Double) -> Double {
    let inside = min(max(value, range.lowerBound), range.upperBound)
    return isWhole ? inside.rounded() : inside
  }

  /// The value in the range nearest to `value`: a whole number, or one with few digits, a tenth of
  /// the tolerance apart, so that what is printed is what was probed.
  func rounded(_ value: Double) -> Double {
    let inside = clamped(value)
    guard !isWhole, inside == value else { return inside }
    var digits = 1.0
    var grid = 1.0
    while grid > tolerance / 9 {
      grid /= 10
      digits += 1
    }
    let exponent = (cgsl_log(inside) / cgsl_log(10)).rounded(.down)
    let power = cgsl_pow(10, abs(digits - 1 - exponent))
    let short =
      digits - 1 >= exponent
      ? (inside * power).rounded() / power : (inside / power).rounded() * power
    return clamped(short)
  }

  func lies(_ value: Double, between a: Double, and b: Double) -> Bool {
    value > min(a, b) && value < max(a, b)
  }

  /// A value between `a` and `b`: their geometric mean, or, of whole numbers close together, the
  /// arithmetic one.
  func middle(_ a: Double, _ b: Double) -> Double {
    let (low, high) = (min(a, b), max(a, b))
    let middle = high > 2 * low ? (low * high).squareRoot() : (low + high) / 2
    guard isWhole else { return rounded(middle) }
    return min(max(middle.rounded(), low + 1), high - 1)
  }

  /// Whether nothing worth probing is left between `a` and `b`.
  ///
  /// Whole numbers are told apart up to 1000, beyond that to the tolerance.
  func isClosed(_ a: Double, _ b: Double) -> Bool {
    let (low, high) = (min(a, b), max(a, b))
    if isWhole, high - low <= 1 { return true }
    if isWhole, low <= 1000 { return false }
    return high - low <= tolerance * low * (1 + 1e-9)
  }
}
