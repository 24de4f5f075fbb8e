internal import Kernel

/// Which turn of which session each arrival is.
///
/// Every session takes its number of turns and about its place in time from the trace, and the
/// times between its turns from turns of sessions like it. The turns, in the order of the times so
/// found, then share out the arrivals.
struct SessionPlan: Sendable {
  /// The session of each arrival.
  private(set) var session: [Int32] = []
  /// Its turn, from 1.
  private(set) var turn: [Int32] = []
  /// Turns of each session.
  private(set) var lengths: [Int32] = []

  private struct Turn {
    let time: Double
    let session: Int32
    let turn: Int32
  }

  /// A plan for arrivals at `times`, in picoseconds.
  ///
  /// `starts` are the first arrivals of the trace's sessions as shares of its span, `lengths` their
  /// turns; the trace has `count` requests.
  init(
    _ times: [Int64], starts: [Double], lengths known: [Int32], count: Int,
    _ templates: TurnTemplates, _ stream: inout RandomStream
  ) {
    let share = Double(times.count) / Double(count)
    let wanted = max(1, Int((Double(known.count) * share).rounded()))
    let models = Self.sessions(wanted, of: known, &stream)
    lengths = models.map { known[$0] }
    fit(to: times.count, &stream)
    let span = Double(times.last ?? 0)
    let cycles = Int(share.rounded(.up))
    var turns: [Turn] = []
    turns.reserveCapacity(times.count)
    for (number, length) in lengths.enumerated() {
      // Sessions that were added to make up the number may begin anywhere.
      let start = number < models.count ? starts[models[number]] : stream.uniform()
      let shifted = start + 0.02 * (stream.uniform() - 0.5)
      let cycle = Double(stream.below(cycles))
      let begin = (cycle + min(max(shifted, 0), 1)) / Double(cycles) * span
      add(Int32(number), length, from: begin, to: span, &turns, templates, &stream)
    }
    turns.sort { ($0.time, $0.session, $0.turn) < ($1.time, $1.session, $1.turn) }
    session = turns.map(\.session)
    turn = turns.map(\.turn)
  }

  /// `wanted` sessions of the trace whose lengths spread as all do.
  private static func sessions(
    _ wanted: Int, of lengths: [Int32], _ stream: inout RandomStream
  ) -> [Int] {
    let order = lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
    return (0..<wanted).map { i in
      let level = (Double(i) + stream.uniform()) / Double(wanted)
      return order[min(Int(level * Double(order.count)), order.count - 1)]
    }
  }

  /// Lengthens or shortens sessions by chance until they have `wanted` turns together.
  private mutating func fit(to wanted: Int, _ stream: inout RandomStream) {
    var surplus = lengths.reduce(0) { $0 + Int($1) } - wanted
    while surplus > 0, lengths.contains(where: { $0 > 1 }) {
      let number = stream.below(lengths.count)
      let cut = min(surplus, Int(lengths[number]) - 1, max(1, surplus / lengths.count))
      lengths[number] -= Int32(cut)
      surplus -= cut
    }
    if surplus > 0 { lengths.removeLast(surplus) }
    let growing = lengths.indices.filter { lengths[$0] > 1 }
    while surplus < 0 {
      if growing.isEmpty {
        lengths.append(1)
      } else {
        lengths[growing[stream.below(growing.count)]] += 1
      }
      surplus += 1
    }
  }

  /// Adds the turns of one session, which begins at `begin` and has until `end`.
  private func add(
    _ number: Int32, _ length: Int32, from begin: Double, to end: Double, _ turns: inout [Turn],
    _ templates: TurnTemplates, _ stream: inout RandomStream
  ) {
    var gaps: [Double] = []
    var total = 0.0
    for _ in 0..<8 {
      gaps.removeAll(keepingCapacity: true)
      for turn in 1..<max(1, length) {
        let template = templates.later(turn + 1, of: length, &stream)
        gaps.append(Double(template?.think ?? 0))
      }
      total = gaps.reduce(0, +)
      if total <= end { break }
    }
    // What was recorded ended with the trace; so does this: long sessions begin early.
    var time = begin
    var scale = 1.0
    if total > end {
      time *= 0.5
      scale = (end - time) * (0.5 + 0.5 * stream.uniform()) / total
    } else if begin + total > end {
      time = (end - total) * stream.uniform()
    }
    turns.append(Turn(time: time, session: number, turn: 1))
    for (i, gap) in gaps.enumerated() {
      time += gap * scale
      turns.append(Turn(time: time, session: number, turn: Int32(i + 2)))
    }
  }
}
