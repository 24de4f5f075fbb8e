internal import Kernel
public import Metrics
internal import Units

/// A generator fitted to a trace: it draws requests that arrive, vary in length, come in sessions
/// and share beginnings as those of the trace do, and are none of them.
///
/// It keeps the trace's empirical distributions: of gaps and groups of arrivals, of session
/// lengths and of times between turns, of prompts by place in the session, of outputs, of what a
/// turn adds and of how much of an earlier prompt it begins with. What a request is made of is
/// drawn from different requests of the trace; the lengths of a first turn come from one, each
/// moved by up to a tenth and then matched by rank to its distribution.
public struct TraceLikeness: Sendable {
  let arrivals: ArrivalLikeness
  let templates: TurnTemplates
  let geometry: BlockGeometry?
  let starts: [Double]
  let lengths: [Int32]
  let hasSessions: Bool
  let outputs: Marginal<Int32>
  /// Prompts by `group`.
  let prompts: [Marginal<Int32>]
  let meanRate: Double?

  /// Looks at all requests of a trace.
  ///
  /// - Throws: `TraceError` if there are fewer than 2 requests, or a closed loop has no arrivals.
  public init(_ requests: RequestTable) throws(TraceError) {
    guard requests.concurrency == nil else {
      throw TraceError("a closed loop has no arrival times to be like")
    }
    guard requests.count >= 2 else {
      throw TraceError(
        "a trace of 1 request has no rate and no spread to be like; give at least 2")
    }
    let links = RequestLinks(requests)
    geometry = requests.chains.map {
      BlockGeometry(requests, chains: $0, tokens: Int($0.tokensPerBlock))
    }
    templates = TurnTemplates(requests, links, geometry)
    arrivals = ArrivalLikeness(requests.arrival)
    lengths = links.lengths
    hasSessions = requests.turns != nil
    outputs = Marginal(requests.output)
    meanRate = requests.meanRate
    var groups: [[Int32]] = []
    var starts = [Double](repeating: 0, count: lengths.count)
    let (first, span) = (requests.arrival[0], Double(max(1, requests.span)))
    for row in 0..<requests.count {
      let session = Int(links.session[row])
      let group = Self.group(links.turn[row], of: lengths[session])
      while groups.count <= group { groups.append([]) }
      groups[group].append(requests.prompt[row])
      if links.turn[row] == 1 { starts[session] = Double(requests.arrival[row] - first) / span }
    }
    prompts = groups.map { Marginal($0) }
    self.starts = starts
  }

  /// Requests whose prompts have one distribution: only turns, first of several, and later ones.
  static func group(_ turn: Int32, of length: Int32) -> Int {
    turn == 1 ? min(Int(length) - 1, 1) : TurnTemplates.level(turn)
  }

  /// The number of requests that arrive in `seconds` at the mean rate; nil if all arrive at once.
  public func requests(in seconds: Double) -> Int? {
    meanRate.map { Int(min($0 * seconds, 1e12).rounded()) }
  }

  /// Draws `count` requests, ascending by arrival from 0, with blocks and sessions if the trace
  /// has them; equal seeds give equal requests.
  ///
  /// `rate` is their mean rate in requests/s, nil: about the trace's.
  ///
  /// - Throws: `TraceError` if `count` is not 1...200,000,000, they arrive over more than 106
  ///   days, or a rate is asked for of requests that arrive all at once.
  public func sample(
    _ count: Int, seed: UInt64, rate: Double? = nil
  ) throws(TraceError) -> RequestTable {
    guard (1...200_000_000).contains(count) else {
      throw TraceError("\(count) requests: their number must lie in 1...200000000")
    }
    var stream = RandomStream(seed: seed, name: "like.arrivals")
    guard let times = arrivals.sample(count, &stream) else {
      throw TraceError("\(count) requests arrive over more than 106 days at the trace's rate")
    }
    var sessions = RandomStream(seed: seed, name: "like.sessions")
    let plan = SessionPlan(
      times, starts: starts, lengths: lengths, count: arrivals.count, templates, &sessions)
    var draft = LikenessDraft(self, plan, seed: seed)
    draft.matchLengths(seed: seed)
    var requests = draft.requests(at: times, seed: seed)
    if let rate { try rescale(&requests, to: rate, path: "what was drawn") }
    return requests
  }
}
