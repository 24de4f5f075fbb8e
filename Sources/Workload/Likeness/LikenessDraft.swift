internal import Kernel
internal import Metrics
internal import Units

/// Requests while they are drawn: first what each does, then how long it is, then its blocks.
struct LikenessDraft {
  private let likeness: TraceLikeness
  private let plan: SessionPlan
  /// What each request does with earlier ones.
  private var models: [TurnTemplate] = []
  /// The earlier row whose beginning it has; the turn before if it has none, −1 for first turns.
  private var parents: [Int32] = []
  private var promptScores: [Double] = []
  private var outputScores: [Double] = []
  private var prompts: [Int32] = []
  private var outputs: [Int32] = []

  /// Draws what each request does.
  init(_ likeness: TraceLikeness, _ plan: SessionPlan, seed: UInt64) {
    self.likeness = likeness
    self.plan = plan
    var stream = RandomStream(seed: seed, name: "like.turns")
    var rows = [[Int32]](repeating: [], count: plan.lengths.count)
    for row in plan.session.indices {
      let session = Int(plan.session[row])
      let (turn, length) = (plan.turn[row], plan.lengths[session])
      let before = rows[session].last
      if let before, let model = later(turn, length, after: before, &stream) {
        let back = max(1, Int(model.lag))
        let parent = rows[session][max(0, rows[session].count - back)]
        add(model, after: parent, &stream)
      } else {
        add(likeness.templates.first(of: length, &stream), after: before ?? -1, &stream)
      }
      if length > 1 { rows[session].append(Int32(row)) }
    }
  }

  private func later(
    _ turn: Int32, _ length: Int32, after row: Int32, _ stream: inout RandomStream
  ) -> TurnTemplate? {
    let prompt = Int32(max(1, min(promptScores[Int(row)], 2e9)))
    return likeness.templates.later(turn, of: length, after: prompt, &stream)
  }

  private mutating func add(
    _ model: TurnTemplate, after parent: Int32, _ stream: inout RandomStream
  ) {
    let tokens = Double(likeness.geometry?.tokens ?? 1)
    var shared = 0.0
    if parent >= 0 {
      shared =
        model.lag > 0
        ? model.share * (promptScores[Int(parent)] / tokens).rounded(.down)
        : min(Double(model.matched), (promptScores[Int(parent)] / tokens).rounded(.down))
    }
    let own = parent >= 0 ? Double(model.growth) : Double(model.prompt)
    models.append(model)
    parents.append(parent)
    promptScores.append(shared * tokens + own * (0.9 + 0.2 * stream.uniform()))
    outputScores.append(Double(model.output) * (0.9 + 0.2 * stream.uniform()))
  }

  /// Gives prompts, by place in the session, and outputs the distributions that they should have.
  mutating func matchLengths(seed: UInt64) {
    var stream = RandomStream(seed: seed, name: "like.lengths")
    outputs = likeness.outputs.matched(to: outputScores, &stream)
    prompts = promptScores.map { Int32(max(1, min($0, 2e9))) }
    var groups = [[Int]](repeating: [], count: likeness.prompts.count)
    for row in models.indices {
      let length = plan.lengths[Int(plan.session[row])]
      let group = TraceLikeness.group(plan.turn[row], of: length)
      if group < groups.count { groups[group].append(row) }
    }
    for (group, rows) in groups.enumerated() {
      let matched = likeness.prompts[group].matched(to: rows.map { promptScores[$0] }, &stream)
      for (row, prompt) in zip(rows, matched) { prompts[row] = prompt }
    }
  }

  /// The requests at `times`, with their blocks.
  mutating func requests(at times: [Int64], seed: UInt64) -> RequestTable {
    var table = RequestTable()
    if let geometry = likeness.geometry {
      var stream = RandomStream(seed: seed, name: "like.blocks")
      table.chains = chains(geometry, &stream)
    }
    table.reserve(times.count)
    for (row, time) in times.enumerated() {
      table.append(at: Instant(picoseconds: time), prompt: prompts[row], output: outputs[row])
    }
    if likeness.hasSessions || plan.lengths.contains(where: { $0 > 1 }) { table.turns = turns() }
    return table
  }

  private func turns() -> SessionTurns {
    var result = SessionTurns()
    var numbers = [Int32](repeating: -1, count: plan.lengths.count)
    var next: Int32 = 0
    var turn: [Int32] = []
    for row in models.indices {
      let session = Int(plan.session[row])
      if numbers[session] < 0 {
        numbers[session] = next
        next += 1
      }
      let parent = parents[row]
      turn.append(parent < 0 ? 1 : turn[Int(parent)] + 1)
      result.append(
        session: numbers[session], turn: turn[row], parent: parent,
        delay: parent < 0 ? -1 : models[row].delay,
        isUntimed: parent >= 0 && models[row].isUntimed, losesOutput: models[row].losesOutput)
    }
    return result
  }
}

// MARK: - Blocks

extension LikenessDraft {
  /// The blocks of all prompts; a prompt that repeats another takes its length too.
  private mutating func chains(
    _ geometry: BlockGeometry, _ stream: inout RandomStream
  ) -> PromptChains {
    var chains = PromptChains(tokensPerBlock: Int32(geometry.tokens))
    var firsts: [Int32] = []
    for row in models.indices {
      let model = models[row]
      var (source, blocks, isWhole) = (Int(parents[row]), 0, false)
      if source >= 0, model.lag > 0 {
        isWhole = model.isWhole
        blocks = Int((model.share * Double(geometry.full(prompts[source]))).rounded())
      } else {
        blocks = Int(model.matched)
        let isAlone = likeness.hasSessions || plan.lengths[Int(plan.session[row])] == 1
        isWhole = model.isWhole && blocks > 0 && isAlone
        source = elsewhere(blocks, isWhole, among: firsts, chains, geometry, &stream)
        if source < 0 { (blocks, isWhole) = (0, false) }
      }
      settle(row, source, &blocks, &isWhole, geometry)
      let range = source < 0 ? 0..<0 : chains.range(of: source)
      let shared = isWhole ? range.count : min(blocks, range.count)
      var last: BlockID = -1
      for place in range.prefix(shared) {
        last = chains.blocks[place]
        chains.append(last)
      }
      for _ in shared..<max(shared, geometry.blocks(prompts[row])) {
        last = chains.addBlock(after: last)
        chains.append(last)
      }
      chains.endRequest()
      if parents[row] < 0 { firsts.append(Int32(row)) }
    }
    return chains
  }

  /// Makes a prompt long enough for what it shares, or shares less of what is too short.
  private mutating func settle(
    _ row: Int, _ source: Int, _ blocks: inout Int, _ isWhole: inout Bool,
    _ geometry: BlockGeometry
  ) {
    // Two shared blocks make a session where none is recorded.
    let least = likeness.hasSessions ? 0 : 2
    let isLater = parents[row] >= 0
    if isLater, !likeness.hasSessions, !isWhole, geometry.full(prompts[source]) < least {
      isWhole = true
    }
    if isWhole {
      prompts[row] = prompts[source]
      return
    }
    if isLater {
      blocks = max(blocks, least)
      prompts[row] = max(prompts[row], Int32(min(blocks, least) * geometry.tokens))
    } else if !likeness.hasSessions, plan.lengths[Int(plan.session[row])] > 1 {
      let begun = geometry.isCeil ? geometry.tokens + 1 : 2 * geometry.tokens
      prompts[row] = max(prompts[row], Int32(begun))
    }
    blocks = min(blocks, geometry.full(prompts[row]))
    if source >= 0 { blocks = min(blocks, geometry.full(prompts[source])) }
  }

  /// A first turn whose beginning another session may have: at best one that itself shares as
  /// many blocks, which is how some beginnings become common; −1 if none is long enough.
  private func elsewhere(
    _ blocks: Int, _ isWhole: Bool, among firsts: [Int32], _ chains: PromptChains,
    _ geometry: BlockGeometry, _ stream: inout RandomStream
  ) -> Int {
    guard blocks > 0, !firsts.isEmpty else { return -1 }
    var best = -1
    for _ in 0..<16 {
      let row = Int(firsts[stream.below(firsts.count)])
      if isWhole {
        if chains.range(of: row).count == blocks { return row }
      } else if geometry.full(prompts[row]) >= blocks {
        if Int(models[row].matched) == blocks { return row }
        best = row
      }
    }
    return best
  }
}
