internal import Memory
public import Units

/// How KV goes from instances that compute prompts to those that decode.
public struct HandoverMode: Sendable, Equatable {
  /// Who makes the first token of a request with more than one.
  public enum FirstToken: String, Sendable, CaseIterable {
    /// The instance that computed the prompt: the client has it before KV sets out (DistServe).
    case prefill
    /// The instance that decodes: it computes the prompt's last token again when the KV is there
    /// (vLLM's and LMCache's connectors), so the time to first token has the copy in it.
    case decode
  }

  /// What the copy hides behind.
  public enum Overlap: String, Sendable, CaseIterable {
    /// It sets out when the prompt is complete.
    case none
    /// Layers set out as they are computed (Splitwise, Mooncake).
    case layers
  }

  /// Who makes the first token.
  public var firstToken = FirstToken.decode
  /// What the copy hides behind.
  public var overlap = Overlap.none
  /// Layers of the model.
  public var layers: Int64
  /// KV of a token on one GPU, bytes.
  public var bytesPerToken: Int64
  /// Bytes of one message of one GPU.
  public var messageBytes: Int64
  /// GPUs of an instance, which send their parts side by side.
  public var gpus: Int64

  /// A mode; the parameters are the fields.
  public init(bytesPerToken: Int64, messageBytes: Int64, layers: Int64 = 1, gpus: Int64 = 1) {
    self.bytesPerToken = bytesPerToken
    self.messageBytes = max(1, messageBytes)
    self.layers = max(1, layers)
    self.gpus = gpus
  }

  /// The copy of `tokens` tokens for the request in `row`, which fills `blocks` blocks.
  func transfer(_ row: Int32, tokens: Int32, blocks: Int32, _ handover: Handover) -> Transfer {
    let bytes = Int64(tokens) * bytesPerToken
    var transfer = Transfer(
      .handover, tag: row, isOut: false, blocks: blocks, bytes: bytes,
      copies: (bytes + messageBytes - 1) / messageBytes)
    if overlap == .layers {
      transfer.ahead = handover.ahead
      transfer.leastLeft = 1 / Double(layers)
    }
    return transfer
  }
}

/// What an instance that decodes is told of a request whose prompt another one has computed.
public struct Handover: Sendable, Equatable {
  /// When its first token was made; `.never` if the instance that decodes makes it.
  public var firstToken: Instant
  /// Time from the start of its first chunk to the end of its last one.
  public var ahead: Seconds

  /// A handover; the parameters are the fields.
  public init(firstToken: Instant, ahead: Seconds) {
    self.firstToken = firstToken
    self.ahead = ahead
  }
}

/// A sequence whose prompt is complete and whose KV waits to be fetched.
public struct Prefilled: Sendable, Equatable {
  /// The request.
  public let request: RequestID
  /// Where it lies.
  public let slot: Slot
  /// What the instance that decodes it is told.
  public let handover: Handover
}

/// What a batch keeps of requests that two instances serve.
struct HandoverState: Sendable {
  let role: InstanceRole
  let mode: HandoverMode
  /// Sequences whose KV waits here to be fetched, their tokens, and how many of them no other
  /// instance has queued.
  var kept: Int32 = 0
  var keptTokens: Int64 = 0
  var unplaced: Int32 = 0
  /// Those whose prompts the step that has just ended completed.
  var completed: [Slot] = []
  /// Copies to be started, and the rows of those to be called off.
  var outbox: [Transfer] = []
  var cancelled: [Int32] = []
}
