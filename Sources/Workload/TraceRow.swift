/// One row as it is written.
public struct TraceRow: Sendable {
  /// Picoseconds from the zero of the file's own clock; nil if the row does not say.
  ///
  /// 128 bits: picoseconds since the year 0 do not fit into 64.
  public var time: Int128?
  /// Prompt tokens.
  public var prompt: Int32 = 0
  /// Output tokens.
  public var output: Int32 = 0
  /// The blocks of its prompt as the file names them, from the first on.
  ///
  /// A name counts together with all names before it: equal names after different beginnings are
  /// different blocks.
  public var hashes: [UInt64] = []
  /// Names of blocks are compared within one scope only; 0 is the whole file.
  public var scope: UInt64 = 0
  /// Its session as the file names it; nil if it belongs to none.
  public var session: String?
  /// Its own number, to which `parent` of other rows refers; nil without.
  public var id: Int64?
  /// `id` of the turn that it follows; nil: the last row above of its session, if there is one.
  public var parent: Int64?
  /// Its place in its session as the file counts; nil if it does not.
  public var turn: Int32?
  /// Whether it follows no turn, whatever rows above are of its session.
  public var isFirstTurn = false
  /// Picoseconds from the end of the turn before to this one; nil if the row does not say.
  public var delay: Int64?
  /// Whether turns after it do not repeat its answer.
  public var losesOutput = false

  /// A row that says nothing.
  public init() {}

  /// Forgets all, and keeps the room for hashes.
  mutating func reset() {
    time = nil
    prompt = 0
    output = 0
    hashes.removeAll(keepingCapacity: true)
    scope = 0
    session = nil
    id = nil
    parent = nil
    turn = nil
    isFirstTurn = false
    delay = nil
    losesOutput = false
  }
}
