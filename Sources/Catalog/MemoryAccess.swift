public import Units

/// The bandwidth of a memory as seen by an initiator that keeps some threads at it.
///
/// Few threads are limited by the lines that each has in flight, many by the memory:
/// bandwidth⁻³ = (threads · perThread)⁻³ + (cards · saturated)⁻³. DMA engines of GPUs see the
/// saturated bandwidth.
public struct MemoryAccess: Sendable, Equatable {
  /// What the memory is.
  public enum Device: String, Sendable, CaseIterable {
    /// One ASIC CXL expander; 16 lanes, as 8 would carry less than was measured.
    case cxl
    /// The DDR5 of a quarter of a socket; two channels at 4800 MT/s, unverified.
    case ddr5
  }

  /// What goes over it.
  public enum Traffic: String, Sendable, CaseIterable {
    /// Nothing but reads.
    case reads
    /// As many bytes written as read; bandwidths are of both together.
    case mixed
  }

  /// What the memory is.
  public let device: Device
  /// Whether it hangs on another socket than the initiator.
  public let isRemote: Bool
  /// What goes over it.
  public let traffic: Traffic
  /// Whether addresses follow one another.
  public let isSequential: Bool
  /// What one thread reaches by itself.
  public let perThread: BytesPerSecond
  /// What any number of threads reaches.
  public let saturated: BytesPerSecond

  init(
    _ device: Device, isRemote: Bool, _ traffic: Traffic, isSequential: Bool, _ perThread: Double,
    _ saturated: Double
  ) {
    self.device = device
    self.isRemote = isRemote
    self.traffic = traffic
    self.isSequential = isSequential
    self.perThread = BytesPerSecond(perThread * 1e9)
    self.saturated = BytesPerSecond(saturated * 1e9)
  }

  /// What `threads` reach over `cards` among which addresses are interleaved.
  public func bandwidth(threads: Int, cards: Int = 1) -> BytesPerSecond {
    let most = saturated * Double(cards)
    let ratio = most / (perThread * Double(threads))
    // Newton's cube root of 1 + ratio³; the start is at most a quarter too low.
    let cube = 1 + ratio * ratio * ratio
    var root = max(1, ratio)
    for _ in 0..<5 { root -= (root * root * root - cube) / (3 * root * root) }
    return most * (1 / root)
  }

  /// Every measured kind of access.
  ///
  /// Source: Intel MLC logs of bytedance/eurosys24-artifacts (Apache-2.0), fitted to every second
  /// row by least fourth powers of log ratios, so that no row is far off. Left out: one thread on
  /// local CXL and one that reads remote DDR5, which have more lines in flight than a core can.
  public static let all: [MemoryAccess] = [
    MemoryAccess(.cxl, isRemote: false, .reads, isSequential: true, 10.3, 47.7),
    MemoryAccess(.cxl, isRemote: false, .reads, isSequential: false, 9.76, 46.8),
    MemoryAccess(.cxl, isRemote: false, .mixed, isSequential: true, 13.6, 52.6),
    MemoryAccess(.cxl, isRemote: false, .mixed, isSequential: false, 8.65, 49.3),
    MemoryAccess(.cxl, isRemote: true, .reads, isSequential: true, 4.94, 19.8),
    MemoryAccess(.cxl, isRemote: true, .reads, isSequential: false, 4.15, 18.4),
    MemoryAccess(.cxl, isRemote: true, .mixed, isSequential: true, 6.42, 22.5),
    MemoryAccess(.cxl, isRemote: true, .mixed, isSequential: false, 3.86, 18.5),
    MemoryAccess(.ddr5, isRemote: false, .reads, isSequential: true, 17.2, 66.3),
    MemoryAccess(.ddr5, isRemote: false, .reads, isSequential: false, 15.6, 65.4),
    MemoryAccess(.ddr5, isRemote: false, .mixed, isSequential: true, 23.9, 56.2),
    MemoryAccess(.ddr5, isRemote: false, .mixed, isSequential: false, 16.5, 53.1),
    MemoryAccess(.ddr5, isRemote: true, .reads, isSequential: true, 12.6, 71.1),
    MemoryAccess(.ddr5, isRemote: true, .reads, isSequential: false, 10.9, 66.7),
    MemoryAccess(.ddr5, isRemote: true, .mixed, isSequential: true, 33.6, 38.7),
    MemoryAccess(.ddr5, isRemote: true, .mixed, isSequential: false, 21.3, 38.2),
  ]
}
