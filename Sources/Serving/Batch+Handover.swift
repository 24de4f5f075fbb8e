internal import Memory
internal import Metrics
internal import Units

/// Requests whose prompts one instance computes and another one decodes.
///
/// Rules. At an instance for prompts a sequence whose prompt is complete leaves running order and
/// keeps its blocks until its KV has been fetched. At the instance that decodes it, it waits in the
/// queue like any other; its scheduler admits it by `admitLoading`, which takes blocks for its
/// whole prompt and lets the copy set out: a pull, when there is room, as in DistServe. What the
/// prefix cache of that instance has of the prompt is not fetched. Preempted on its way it waits
/// again with its KV where it was; preempted later it is recomputed where it decodes.
///
/// Simplifications. With `Overlap.layers` the part of the copy that hides behind the prompt's
/// computation took the whole link for itself and held nobody up, and the instance that decodes had
/// room for it from the first chunk on.
extension Batch {
  /// Lets the batch serve one phase of requests; `role` is not mixed.
  public mutating func serve(as role: InstanceRole, _ mode: HandoverMode) {
    precondition(role != .mixed && swap == nil && pages == nil, "handovers know paged KV alone")
    handover = HandoverState(role: role, mode: mode)
    self.role = role
  }

  /// Sequences whose KV waits here to be fetched.
  public var keptSequences: Int32 { handover?.kept ?? 0 }
  /// Those of them that no other instance has in its queue.
  var unplaced: Int32 { handover?.unplaced ?? 0 }

  // MARK: Where prompts are computed

  /// A prompt is complete: its KV waits to be fetched.
  mutating func keep(_ slot: Slot) {
    sequences[Int(slot)].phase = .kept
    unlink(slot)
    handover?.kept += 1
    handover?.unplaced += 1
    handover?.keptTokens += Int64(sequences[Int(slot)].stored)
    handover?.completed.append(slot)
  }

  /// Blocks that a prompt must find besides those of its first chunk, `total` in all.
  ///
  /// Beside KV that waits to be fetched it needs room for all of it: alone it would else take its
  /// own blocks away, again and again.
  func blocksBesideKept(_ entry: Waiting, after total: Int32) -> Int32 {
    keptSequences > 0 ? max(0, blocks(for: entry.tokens) - total) : 0
  }

  /// Its KV has been fetched, or nobody wants it.
  mutating func letGo(_ slot: Slot, of id: RequestID, isPlaced: Bool) {
    let s = sequences[Int(slot)]
    precondition(s.phase == .kept && s.entry.request == id, "handed over what is not there (I5)")
    handover?.kept -= 1
    if !isPlaced { handover?.unplaced -= 1 }
    handover?.keptTokens -= Int64(s.stored)
    release(slot)
  }

  // MARK: Where sequences decode

  /// Admits the waiting request at `index`, whose KV is elsewhere, and lets it set out.
  ///
  /// Returns 0, the tokens that the step computes of it; nil, and no trace, when blocks for its
  /// whole prompt, with `reserve` left, are short.
  mutating func admitHandover(_ index: Int, keeping reserve: Int32) -> Int32? {
    let (entry, time) = (waiting[index], now)
    guard let elsewhere = entry.elsewhere, let mode = handover?.mode else { return nil }
    let row = Int(entry.request.row)
    let found = prefix?.lookUp(row, tokens: entry.tokens, at: time) ?? CachedPrefix()
    let total = blocks(for: entry.tokens)
    let need = total - found.blocks + found.idle
    guard need + reserve <= blocks.available else {
      if found.idle > 0 { refusedWithIdleHits = true }
      return nil
    }
    var sequence = Sequence(entry)
    let hasToken = elsewhere.firstToken < .never
    sequence.phase = .returning
    sequence.blocks = total
    sequence.cached = found.blocks
    sequence.stored = hasToken ? entry.tokens : entry.tokens - 1
    sequence.generated = hasToken ? 1 : 0
    _ = prefix?.hold(found.blocks, of: row, at: time)
    service?.admit(entry.user, tokens: 0)
    waiting.remove(at: index)
    hasChanged = true
    var admission = Admission(
      request: entry.request, preemptedAt: entry.preemptedAt, lost: entry.lost)
    admission.isHandedOver = true
    admitted.append(admission)
    let slot = place(sequence)
    returning.append(slot)
    link(slot)
    take(need)
    let transfer = mode.transfer(
      entry.request.row, tokens: entry.tokens - found.blocks * tokensPerBlock,
      blocks: total - found.blocks, elsewhere)
    handover?.outbox.append(transfer)
    copies += 1
    return 0
  }

  /// The KV of the request in `row` is here: it decodes, or computes its last prompt token.
  mutating func endHandover(_ row: Int32) {
    guard let slot = returning.first(where: { sequences[Int($0)].entry.request.row == row })
    else { preconditionFailure("KV came for nobody (I5)") }
    returning.removeAll { $0 == slot }
    enterCache(slot)
    let s = sequences[Int(slot)]
    if s.stored >= s.entry.tokens {
      join(slot)
    } else {
      sequences[Int(slot)].phase = .prefilling
      let order = s.order
      let place = prefilling.firstIndex { sequences[Int($0)].order > order }
      prefilling.insert(slot, at: place ?? prefilling.endIndex)
      partial += Int64(s.stored)
    }
  }

  /// Calls off the copy of a sequence that is on its way.
  mutating func callOffHandover(_ slot: Slot) {
    let s = sequences[Int(slot)]
    let row = s.entry.request.row
    returning.removeAll { $0 == slot }
    let before = handover?.outbox.count
    handover?.outbox.removeAll { $0.tag == row }
    if handover?.outbox.count == before { handover?.cancelled.append(row) }
    copies -= 1
    sequences[Int(slot)].stored = s.cached * tokensPerBlock
  }

  /// Forgets a request whose KV has not come; false when there is none.
  mutating func abandon(_ id: RequestID) -> Bool {
    for index in 0..<waiting.count where waiting[index].request == id {
      service?.admit(waiting[index].user, tokens: 0)
      waiting.remove(at: index)
      return true
    }
    guard let slot = returning.first(where: { sequences[Int($0)].entry.request == id }) else {
      return false
    }
    callOffHandover(slot)
    unlink(slot)
    release(slot, isPreempted: true)
    return true
  }

  // MARK: Invariants

  /// Recounts what waits to be fetched and what is on its way here (invariant I5).
  func checkHandovers() {
    var (kept, tokens, coming) = (Int32(0), Int64(0), 0)
    for s in sequences {
      switch s.phase {
      case .kept: (kept, tokens) = (kept + 1, tokens + Int64(s.stored))
      case .returning where s.entry.elsewhere != nil: coming += 1
      default: break
      }
    }
    precondition(kept == keptSequences && tokens == handover?.keptTokens ?? 0, "kept drifted (I5)")
    precondition((0...kept).contains(unplaced), "handovers drifted (I5)")
    guard swap == nil else { return }
    let loading = offload?.loads.reduce(0) { $0 + $1.pending.nonzeroBitCount } ?? 0
    precondition(Int(copies) == coming + loading, "copies drifted (I5)")
  }
}
