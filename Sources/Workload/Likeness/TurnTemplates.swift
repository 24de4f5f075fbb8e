internal import Kernel
internal import Metrics
internal import Units

/// What a request of the trace does with the beginning of an earlier prompt.
struct TurnTemplate: Sendable {
  /// Prompt tokens.
  let prompt: Int32
  /// Output tokens.
  let output: Int32
  /// Prompt tokens of the request whose beginning it has; of the turn before, if it has none.
  let parentPrompt: Int32
  /// Turns back to the request of its session whose beginning it has; 0 if that is in another
  /// session, or nowhere.
  let lag: Int32
  /// Blocks that it has of it, as a share of that prompt's full blocks.
  let share: Double
  /// The same in blocks.
  let matched: Int32
  /// Whether its blocks are all those of the earlier prompt and no more.
  let isWhole: Bool
  /// Prompt tokens beyond the shared blocks.
  let growth: Int32
  /// Picoseconds since the turn before arrived.
  let think: Int64
  /// Picoseconds since the turn before ended, −1 if that is not known.
  let delay: Int64
  /// Whether its arrival was recorded by that delay alone.
  let isUntimed: Bool
  /// Whether turns after it do not repeat its answer.
  let losesOutput: Bool
}

/// The requests of a trace, sorted by what their place in a session has to do with their size.
struct TurnTemplates: Sendable {
  let all: [TurnTemplate]
  /// First turns by the class of their session's length.
  private var first: [[Int32]]
  /// Later turns by the classes of turn and length, ascending by the parent's prompt.
  private var later: [[Int32]]
  private static let classes = 34

  init(_ requests: RequestTable, _ links: RequestLinks, _ geometry: BlockGeometry?) {
    all = (0..<requests.count).map { Self.template($0, requests, links, geometry) }
    first = Array(repeating: [], count: Self.classes)
    later = Array(repeating: [], count: Self.classes * Self.classes)
    for row in 0..<requests.count {
      let length = links.lengths[Int(links.session[row])]
      if links.turn[row] == 1 {
        first[Self.level(length)].append(Int32(row))
      } else {
        later[Self.pool(links.turn[row], length)].append(Int32(row))
      }
    }
    for pool in later.indices {
      later[pool].sort {
        (all[Int($0)].parentPrompt, $0) < (all[Int($1)].parentPrompt, $1)
      }
    }
  }

  /// 1, 2, 3, 4…7, 8…15 and so on: turns that are alike enough.
  static func level(_ number: Int32) -> Int {
    number < 4 ? Int(number) : 2 + number.bitWidth - 1 - number.leadingZeroBitCount
  }

  private static func pool(_ turn: Int32, _ length: Int32) -> Int {
    level(turn) * classes + level(length)
  }

  private static func template(
    _ row: Int, _ requests: RequestTable, _ links: RequestLinks, _ geometry: BlockGeometry?
  ) -> TurnTemplate {
    let previous = Int(links.previous[row])
    var (source, tokens, matched) = (Int(links.source[row]), 1, Int(links.matched[row]))
    let prompt = requests.prompt[row]
    var isWhole = false
    if let geometry, let chains = requests.chains {
      tokens = geometry.tokens
      isWhole =
        source >= 0 && chains.range(of: row).count == matched
        && chains.range(of: source).count == matched
    } else if previous >= 0 {
      // Without blocks a turn may be thought to carry all that came before it.
      source = previous
      matched = Int(min(prompt, requests.prompt[previous]))
    }
    let isInside = source >= 0 && links.session[source] == links.session[row]
    let parent = isInside ? source : previous
    let whole = isInside ? Int(requests.prompt[source]) / tokens : 0
    return TurnTemplate(
      prompt: prompt, output: requests.output[row],
      parentPrompt: parent >= 0 ? requests.prompt[parent] : 0,
      lag: isInside ? links.turn[row] - links.turn[source] : 0,
      share: whole > 0 ? min(1, Double(matched) / Double(whole)) : 1,
      matched: Int32(matched), isWhole: isWhole,
      growth: Int32(max(0, Int(prompt) - matched * tokens)),
      think: previous >= 0 ? requests.arrival[row] - requests.arrival[previous] : 0,
      delay: requests.turns?.delay[row] ?? -1,
      isUntimed: requests.turns?.isUntimed(row) ?? false,
      losesOutput: requests.turns?.losesOutput(row) ?? false)
  }

  /// A first turn of a session about as long as `length`.
  func first(of length: Int32, _ stream: inout RandomStream) -> TurnTemplate {
    var level = min(Self.level(length), Self.classes - 1)
    while level > 0, first[level].isEmpty { level -= 1 }
    if first[level].isEmpty { level = first.firstIndex { !$0.isEmpty } ?? 0 }
    return all[Int(first[level][stream.below(first[level].count)])]
  }

  /// Turn `turn`, from 2, of a session about as long as `length`, after a prompt about as long as
  /// `parent`; without one, after any.
  ///
  /// Nil if the trace has no later turns.
  func later(
    _ turn: Int32, of length: Int32, after parent: Int32? = nil, _ stream: inout RandomStream
  ) -> TurnTemplate? {
    guard let pool = nearest(turn, length) else { return nil }
    let rows = later[pool]
    guard let parent else { return all[Int(rows[stream.below(rows.count)])] }
    var (low, high) = (0, rows.count)
    while low < high {
      let middle = (low + high) / 2
      if all[Int(rows[middle])].parentPrompt < parent { low = middle + 1 } else { high = middle }
    }
    let reach = min(rows.count, 8 + rows.count / 20)
    let start = max(0, min(low - reach / 2, rows.count - reach))
    return all[Int(rows[start + stream.below(reach)])]
  }

  /// The pool of a turn, or the nearest one that is not empty: earlier turns first.
  private func nearest(_ turn: Int32, _ length: Int32) -> Int? {
    let exact = Self.pool(turn, length)
    if !later[exact].isEmpty { return exact }
    for turns in (2...max(2, Self.level(turn))).reversed() {
      for distance in 0..<Self.classes {
        for lengths in [Self.level(length) - distance, Self.level(length) + distance]
        where (0..<Self.classes).contains(lengths) {
          let pool = turns * Self.classes + lengths
          if !later[pool].isEmpty { return pool }
        }
      }
    }
    return later.firstIndex { !$0.isEmpty }
  }
}
