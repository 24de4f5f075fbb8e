internal import Memory
public import Units

/// How an engine maps physical pages behind contiguous virtual KV tensors.
public struct PageMapping: Sendable, Equatable {
  /// Time to map one page group, on the GPU with the most layers.
  public var groupTime: Seconds
  /// Whether a thread maps the pages of the next step beside the one in flight.
  public var isAsynchronous = true
  /// Whether pages stay mapped when their request ends.
  public var defersReclamation = true

  /// Asynchronous, with deferred reclamation: vAttention.
  public init(groupTime: Seconds) { self.groupTime = groupTime }
}

/// The pages of a batch and those that its next step maps.
struct PageState: Sendable {
  var map: PageMap
  let isAsynchronous: Bool
  /// Picoseconds to map a page group.
  private let groupTime: Int64
  /// Groups mapped since the last step began: those known before this one, which a thread may map
  /// beside the last step, and the others.
  private var foreseen: Int64 = 0
  private var sudden: Int64 = 0
  /// Whether the inactive region that is mapped in advance has been taken since then.
  private var hasTakenSpare = false
  /// Groups mapped since the start.
  private(set) var count: Int64 = 0

  init(total: Int32, _ mode: PageMapping) {
    map = PageMap(total: total, defersReclamation: mode.defersReclamation)
    isAsynchronous = mode.isAsynchronous
    groupTime = Int64((mode.groupTime.value * 1e12).rounded(.toNearestOrEven))
  }

  /// Notes groups that a running sequence maps: its growth is known a step before.
  mutating func noteGrowth(_ groups: Int32) {
    count += Int64(groups)
    foreseen += Int64(groups)
  }

  /// Notes groups that an admitted sequence maps.
  mutating func noteAdmission(_ groups: Int32) {
    guard groups > 0 else { return }
    count += Int64(groups)
    if hasTakenSpare { sudden += Int64(groups) } else { foreseen += Int64(groups) }
    hasTakenSpare = true
  }

  /// Picoseconds that the step which starts now waits for its pages, `window` picoseconds after the
  /// last one began; nil: none has.
  mutating func stall(window: Int64?) -> Int64 {
    defer { (foreseen, sudden, hasTakenSpare) = (0, 0, false) }
    guard isAsynchronous else { return (foreseen + sudden) * groupTime }
    let hidden = window.map { max(0, foreseen * groupTime - $0) } ?? 0
    return hidden + sudden * groupTime
  }
}
