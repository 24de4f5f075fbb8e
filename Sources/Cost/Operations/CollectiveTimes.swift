/// Collectives over one kind of link: seconds.
///
/// With x = bytes / link bandwidth in one direction and n GPUs. Latency grows with hops; the square
/// root is the ramp of a pipeline that cuts a buffer into the pieces best for its size.
/// Form and constants from nccl-tests and engine kernels (aiconfigurator).
public struct LinkCollectives: Sendable, Equatable {
  /// A ring or tree of NCCL: latency + hops·perHop + traffic + √(ramp·share·x).
  ///
  /// Traffic is x·max(share, offset + slope·share) over NVLink, x·share·(offset + slope·log₂(n/2))
  /// over the host's bus, where rings cross each other's way. Share: bytes that leave each GPU for
  /// a byte of the buffer. With reduction in the switch (n > 2) x·inSwitch when that is less.
  public struct Ring: Sendable, Equatable {
    /// Time of the smallest, s.
    public var latency: Double
    /// Time of each hop, s.
    public var perHop: Double
    /// Traffic beside the share.
    public var offset: Double
    /// Traffic of the share.
    public var slope: Double
    /// Time constant of the ramp, s.
    public var ramp: Double
    /// Traffic with reduction in the switch; 0: there is none.
    public var inSwitch = 0.0
  }

  /// The all-reduce of an engine inside its CUDA graph, the smaller of two algorithms:
  /// one shot, every GPU reads all others, (n−1)·oneShot·x; or, from three GPUs on, two, scatter
  /// and gather, twoShotLatency + (n−1)·twoShotPerPeer + 2(n−1)/n·twoShot·x, without the 2(n−1)/n
  /// where the switch reduces.
  public struct Engine: Sendable, Equatable {
    /// Time of the smallest, s.
    public var latency: Double
    /// Time of each further GPU, s.
    public var perPeer: Double
    /// Time of one shot, as a multiple of the link's.
    public var oneShot: Double
    /// Time that two shots wait for each other, s.
    public var twoShotLatency: Double
    /// The same for each further GPU, s.
    public var twoShotPerPeer: Double
    /// Time of two shots, as a multiple of the link's.
    public var twoShot: Double

    /// Buffers of this size and larger go to NCCL: vLLM's own limit.
    static let limit = 8.0 * 0x1p20
  }

  /// All-reduce inside an engine.
  public var engine: Engine
  /// All-reduce of NCCL.
  public var allReduce: Ring
  /// All-gather and reduce-scatter of NCCL.
  public var gather: Ring
  /// All-to-all of NCCL.
  public var allToAll: Ring

  /// A collective over `gpus` GPUs of a buffer that takes `x` seconds over the link.
  func time(_ kind: Collective, gpus: Int, x: Double, overNVLink: Bool) -> Double {
    BoundCollective(ring(kind), kind, gpus: gpus, overNVLink: overNVLink)(x)
  }

  /// The engine's all-reduce; without NVLink engines have none for more than two GPUs, where
  /// NCCL's never ends sooner than the engine's own for two.
  func engineAllReduce(
    gpus: Int, bytes: Double, bandwidth: Double, overNVLink: Bool, inSwitch: Bool
  ) -> Double {
    let ring = time(.allReduce, gpus: gpus, x: bytes / bandwidth, overNVLink: overNVLink)
    let isOwn = overNVLink || gpus == 2
    let own = engine.time(
      gpus: isOwn ? gpus : 2, x: min(bytes, Engine.limit) / bandwidth, inSwitch: inSwitch)
    return isOwn && bytes < Engine.limit ? own : max(own, ring)
  }

  private func ring(_ kind: Collective) -> Ring {
    switch kind {
    case .allReduce: allReduce
    case .allGather, .reduceScatter: gather
    case .allToAll: allToAll
    }
  }
}

extension LinkCollectives.Engine {
  /// A buffer that takes `x` seconds over the link.
  func time(gpus: Int, x: Double, inSwitch: Bool) -> Double {
    let others = Double(gpus - 1)
    let floor = latency + others * perPeer
    let one = others * oneShot * x
    guard gpus > 2 else { return floor + one }
    let share = inSwitch ? 1 : 2 * others / Double(gpus)
    // Never below that of two GPUs, so that time does not fall with their number.
    let two = twoShotLatency + others * twoShotPerPeer + max(oneShot, share * twoShot) * x
    return floor + min(one, two)
  }
}

/// A collective of NCCL with all that depends on the number of GPUs worked out.
struct BoundCollective: Sendable {
  private let floor: Double
  private let traffic: Double
  private let ramp: Double

  init(
    _ ring: LinkCollectives.Ring, _ kind: Collective, gpus: Int, overNVLink: Bool
  ) {
    let share = kind.share(of: gpus)
    let hops = Double(kind == .allReduce ? 2 * (gpus - 1) : gpus - 1)
    floor = ring.latency + hops * ring.perHop
    ramp = ring.ramp * share
    guard overNVLink else {
      traffic = share * (ring.offset + ring.slope * Self.doublings(from: 2, to: gpus))
      return
    }
    let ringed = max(share, ring.offset + ring.slope * share)
    let pair = max(kind.share(of: 2), ring.offset + ring.slope * kind.share(of: 2))
    let isReduced = ring.inSwitch > 0 && gpus > 2
    // Never below that of two GPUs, so that time does not fall with their number.
    traffic = isReduced ? max(pair, min(ringed, ring.inSwitch)) : ringed
  }

  /// log₂(to / from), linear between whole doublings.
  private static func doublings(from: Int, to: Int) -> Double {
    var (count, size) = (0.0, from)
    while 2 * size <= to {
      count += 1
      size *= 2
    }
    return count + Double(to - size) / Double(size)
  }

  /// A buffer that takes `x` seconds over the link.
  func callAsFunction(_ x: Double) -> Double { floor + traffic * x + (ramp * x).squareRoot() }
}
