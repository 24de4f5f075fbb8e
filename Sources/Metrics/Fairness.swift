internal import Units

/// What one user, which is a session, got out of a run: completed measured requests.
public struct UserShare: Sendable, Equatable {
  /// The session.
  public let user: Int32
  /// Completed requests.
  public internal(set) var requests: Int64 = 0
  /// Their prompt tokens.
  public internal(set) var promptTokens: Int64 = 0
  /// Their output tokens.
  public internal(set) var outputTokens: Int64 = 0
  /// Time with at least one of them in the system, picoseconds.
  public internal(set) var presence: Int64 = 0
  /// Their times to the first token added up, picoseconds.
  var ttft: Int128 = 0
  /// When the last of them that has arrived so far finished.
  var last = Instant.zero

  init(_ user: Int32) { self.user = user }

  /// Weights of a prompt token and of an output token, those of the VTC paper.
  public static let weights = (input: 1.0, output: 2.0)

  /// Weighted tokens.
  public var service: Double {
    Self.weights.input * Double(promptTokens) + Self.weights.output * Double(outputTokens)
  }
  /// Weighted tokens per second of presence.
  public var rate: Double { service * 1e12 / Double(presence) }
  /// Mean time to the first token, picoseconds.
  public var meanTTFT: Int64 { roundedQuotient(ttft, Int128(requests)) }

  fileprivate mutating func add(_ row: Int, of table: RequestTable) {
    let (arrival, finished) = (table.arrival[row], table.finished[row])
    requests += 1
    promptTokens += Int64(table.prompt[row])
    outputTokens += Int64(table.output[row])
    ttft += Int128(table.firstToken[row] - arrival)
    // Rows come in order of arrival.
    if finished > last {
      presence += finished - max(arrival, last)
      last = finished
    }
  }
}

/// How evenly users were served, where there are several.
public struct Fairness: Sendable {
  /// Users with a completed measured request, by number.
  public let users: [UserShare]

  /// The users of `table`; nil without sessions or when fewer than two got anything.
  init?(of table: RequestTable) {
    guard let turns = table.turns else { return nil }
    var all = (0..<turns.sessions).map { UserShare(Int32($0)) }
    for row in table.measuredRows where table.finished[row] != .never {
      all[Int(turns.session[row])].add(row, of: table)
    }
    users = all.filter { $0.presence > 0 }
    guard users.count > 1 else { return nil }
  }

  /// Jain's index of the service rates: 1 when all are equal, 1 / users when one has all.
  ///
  /// Source: Jain, Chiu and Hawe, "A Quantitative Measure of Fairness and Discrimination",
  /// DEC-TR-301, 1984.
  public var jainIndex: Double {
    var (sum, squares) = (0.0, 0.0)
    for user in users {
      sum += user.rate
      squares += user.rate * user.rate
    }
    return sum * sum / (Double(users.count) * squares)
  }

  /// The highest service rate over the lowest.
  public var maxMinRatio: Double {
    let rates = users.map(\.rate)
    return (rates.max() ?? 1) / (rates.min() ?? 1)
  }
}
