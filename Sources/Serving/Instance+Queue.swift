public import Metrics
public import Units

// MARK: - Who may queue

extension Instance {
  /// Queues a request, whose KV another instance has if `elsewhere` says so; false when it could
  /// never run here.
  public mutating func enqueue(
    _ id: RequestID, at now: Instant, _ requests: RequestTable, elsewhere: Handover? = nil
  ) -> Bool {
    // To ask oneself here would copy the whole instance.
    let keepsContexts = batch.swap?.mode.keepsContexts == true
    var entry = Self.entry(of: id, requests, for: batch.role, keepsContexts: keepsContexts)
    let scheduler = scheduler
    let row = Int(id.row)
    guard
      Int64(requests.prompt[row]) + Int64(requests.output[row]) <= Int64(batch.maxModelLength),
      scheduler.canServe(entry, in: batch.pool)
    else { return false }
    if entry.session >= 0, batch.contextTokens(of: entry) > 0 { batch.swap?.want(entry.session) }
    account(until: now)
    if batch.waiting.isEmpty { waitingSince = now }
    // Counters compare what was served by now.
    if batch.service != nil { settle(at: now) }
    if let elsewhere {
      entry.elsewhere = elsewhere
      entry.lastToken = elsewhere.firstToken
      entry.uncached = elsewhere.firstToken < .never ? 0 : 1
    } else if looksUpArrivals {
      entry.uncached -= cachedTokens(of: id, entry.tokens, at: now)
    }
    batch.arrive(entry)
    batch.notePrefetch(of: entry)
    promptTokens += Int64(entry.prompt)
    return true
  }

  /// The request as it waits; where prompts alone are computed its first token is its last.
  private static func entry(
    of id: RequestID, _ requests: RequestTable, for role: InstanceRole, keepsContexts: Bool
  ) -> Waiting {
    let row = Int(id.row)
    let prompt = requests.prompt[row]
    let output = role == .prefill ? min(1, requests.output[row]) : requests.output[row]
    var entry = Waiting(request: id, tokens: prompt, generated: 0, output: output)
    entry.isMeasured = requests.isMeasured(row)
    entry.user = requests.turns?.session[row] ?? id.row
    if let turns = requests.turns, keepsContexts {
      entry.session = turns.session[row]
      if turns.losesOutput(row) { entry.repeated = prompt }
    }
    return entry
  }

  /// Whether a request could ever run here.
  public func couldServe(_ id: RequestID, _ requests: RequestTable) -> Bool {
    let row = Int(id.row)
    let entry = Self.entry(
      of: id, requests, for: batch.role, keepsContexts: batch.swap?.mode.keepsContexts == true)
    return Int64(requests.prompt[row]) + Int64(requests.output[row])
      <= Int64(batch.maxModelLength) && scheduler.canServe(entry, in: batch.pool)
  }
}
