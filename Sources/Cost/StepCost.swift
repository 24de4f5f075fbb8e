public import Units

/// What a step computes, as counts: all that a cost model may know of a batch.
public struct StepShape: Sendable, Equatable {
  /// Sequences that decode one token.
  public var decodes: Int32 = 0
  /// Tokens read by decode attention, summed over the decoding sequences.
  public var context: Int64 = 0
  /// Those of them that several sequences read together, summed over these; constant while
  /// membership stands.
  public var sharedContext: Int64 = 0
  /// How many those are when each is read once.
  public var sharedKeys: Int64 = 0
  /// Kernels of a layer that reading together takes more.
  public var prefixKernels: Int32 = 0
  /// Tokens of the longest of these contexts, 0 when it is not known; grows by one a step.
  public var longestContext: Int32 = 0
  /// Growth of `context` from one step to the next while membership stands.
  public var lengthening: Int32 = 0
  /// Prompt tokens computed, over all chunks.
  public var prefillTokens: Int32 = 0
  /// Query–key pairs of causal prefill attention, summed over chunks.
  public var prefillPairs: Int64 = 0
  /// Keys that the chunks read, summed over chunks: tokens computed before a chunk plus its own.
  public var prefillKeys: Int64 = 0
  /// Chunks of prompts, one per sequence.
  public var chunks: Int32 = 0
  /// Blocks of 128 query rows, summed over chunks.
  public var prefillBlocks: Int32 = 0
  /// Tokens of the largest chunk.
  public var largestChunk: Int32 = 0
  /// Keys that the chunk with the most of them reads.
  public var longestChunk: Int32 = 0
  /// Sequences whose next token is sampled: every decode and every prompt that is complete.
  public var samples: Int32 = 0
  /// Bytes a second that copies from and to other memory move through the HBM of one GPU meanwhile.
  public var copyRate = 0.0

  /// A step that does nothing.
  public init() {}

  /// Adds a chunk of `tokens` tokens of a prompt of which `stored` tokens were computed before.
  public mutating func addChunk(tokens: Int32, after stored: Int32) {
    let (count, before) = (Int64(tokens), Int64(stored))
    chunks += 1
    prefillTokens += tokens
    prefillPairs += count * before + count * (count + 1) / 2
    prefillKeys += before + count
    prefillBlocks += (tokens + 127) / 128
    largestChunk = max(largestChunk, tokens)
    longestChunk = max(longestChunk, stored + tokens)
  }

  /// Makes this the shape of the next step of a leap.
  public mutating func advance() {
    context += Int64(lengthening)
    if lengthening > 0 { longestContext += 1 }
  }
}

/// What limits a step.
public enum Bound: String, Sendable, CaseIterable {
  /// Arithmetic of the GPU.
  case compute
  /// HBM bandwidth.
  case hbm
  /// Links between GPUs: collectives and pipeline transfers.
  case link
  /// The engine's own time between steps, kernel floors included.
  case host

  /// Place in `allCases`.
  public var index: UInt8 {
    switch self {
    case .compute: 0
    case .hbm: 1
    case .link: 2
    case .host: 3
    }
  }
}

/// Token counts of a step → its time; pure and O(1).
///
/// Time must not fall when any count grows, but for `sharedContext`, by which others are read less.
public protocol StepCost: Sendable {
  /// The time of one step.
  func time(of shape: StepShape) -> Seconds

  /// Writes the ends of `count` successive steps of a leap that starts at `start`.
  ///
  /// One indirect call per leap: the default loops inside the concrete type, where `time` inlines.
  /// Each step is rounded to whole picoseconds once, so a leap and single steps agree.
  func ends(of shape: StepShape, from start: Instant, count: Int, into ends: inout [Instant])

  /// The parts of a step's time, for explanations and `bound_by`; need not be fast.
  func parts(of shape: StepShape) -> StepParts

  /// Whether a step lies outside what the model was calibrated on.
  ///
  /// Asked once a leap, so it must not depend on `context`.
  func isExtrapolated(_ shape: StepShape) -> Bool
}

extension StepCost {
  /// A model without data has no range to leave.
  public func isExtrapolated(_ shape: StepShape) -> Bool { false }

  /// Calls `time(of:)` for one step after the other.
  public func ends(
    of shape: StepShape, from start: Instant, count: Int, into ends: inout [Instant]
  ) {
    var shape = shape
    var time = start
    for i in 0..<count {
      time = time + self.time(of: shape)
      ends[i] = time
      shape.advance()
    }
  }
}

/// The time of a step by operation class; `total` is what `time(of:)` answers.
public struct StepParts: Sendable {
  /// One operation class of a step.
  public struct Part: Sendable {
    /// Operation class, such as `"gemm qkv"`.
    public let name: String
    /// Its time in one step, all layers together.
    public let time: Seconds
    /// What limits it.
    public let bound: Bound
    /// Names a part, its time and its limit.
    public init(_ name: String, _ time: Seconds, _ bound: Bound) {
      self.name = name
      self.time = time
      self.bound = bound
    }
  }
  /// The parts, in the order of a forward pass.
  public var parts: [Part]
  /// The time of the step.
  public var total: Seconds

  /// Parts and their total.
  public init(_ parts: [Part], total: Seconds) {
    self.parts = parts
    self.total = total
  }

  /// The limit that accounts for most of the time; the earlier case of `Bound` on ties.
  public var bound: Bound {
    var best = Bound.compute
    var most = -1.0
    for bound in Bound.allCases {
      var sum = 0.0
      for part in parts where part.bound == bound { sum += part.time.value }
      if sum > most { (best, most) = (bound, sum) }
    }
    return best
  }
}
