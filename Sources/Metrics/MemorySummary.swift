internal import Units

/// What the tiers and links of a run come to; a run without tiers has none.
public struct MemorySummary: Sendable {
  /// The lanes of one name, of all instances.
  public struct Link: Sendable {
    /// Name of the kind of link.
    public let link: String
    /// Which way they carry.
    public let direction: LinkRecord.Direction
    /// How many there are.
    public fileprivate(set) var lanes: Int64
    /// Bytes that they moved, those of all GPUs.
    public fileprivate(set) var bytes: Int64
    /// Time in which something moved, ps, added up.
    fileprivate var busy: Int128
    /// Share of the run in which something moved, mean over the lanes; nil of a run of no time.
    public fileprivate(set) var busyShare: Double?

    /// The name as a part of a key of summary.json.
    fileprivate var key: String {
      let way = direction == .both ? "" : "_\(direction.rawValue)"
      return "link_\(link.map { $0 == " " ? "_" : "\($0)" }.joined())\(way)"
    }
  }

  /// By name, in the order of the links.
  public let links: [Link]
  /// Share of the run in which something moved on the links that end at HBM, mean over their lanes;
  /// nil when nothing moved.
  public let hostBusyShare: Double?
  /// Time in which work was there and only copies kept it from a step, over that and the time with
  /// a step in flight; nil when there was neither.
  public let stallShare: Double?
  /// Counts of all instances.
  private let totals: RunTotals
  private let transfers: Int64
  private let copies: Int64
  private let waiting: Int128
  /// The tiers under HBM, nearest first.
  let tierNames: [String]
  /// Bytes of contexts that moved, those of all GPUs.
  private let contextsOut: Int64
  private let contextsIn: Int64

  init(_ record: MemoryRecord, _ totals: RunTotals) {
    let run = Double(record.end.picoseconds)
    var links: [Link] = []
    var (hostBusy, hostLanes) = (Int128(0), Int64(0))
    for lane in record.links {
      if lane.touchesHBM {
        hostBusy += lane.busy
        hostLanes += 1
      }
      let bytes = lane.total.bytes * record.gpus
      if let known = links.firstIndex(where: {
        $0.link == lane.link && $0.direction == lane.direction
      }) {
        links[known].lanes += 1
        links[known].bytes += bytes
        links[known].busy += lane.busy
      } else {
        links.append(
          Link(
            link: lane.link, direction: lane.direction, lanes: 1, bytes: bytes, busy: lane.busy,
            busyShare: nil))
      }
    }
    for index in links.indices {
      links[index].busyShare = Summary.ratio(
        Double(links[index].busy), Double(links[index].lanes) * run)
    }
    self.links = links
    hostBusyShare =
      record.transfers > 0 ? Summary.ratio(Double(hostBusy), Double(hostLanes) * run) : nil
    stallShare = Summary.ratio(
      Double(totals.copyStallTime), Double(totals.copyStallTime + totals.busyTime))
    self.totals = totals
    tierNames = record.tiers.map(\.name)
    (transfers, copies) = (record.transfers, record.copies)
    waiting = record.waiting.reduce(0, +)
    (contextsOut, contextsIn) = (record.bytes(of: "context_out"), record.bytes(of: "context_in"))
  }

  /// The keys that every run with tiers has.
  static func fields(_ memory: MemorySummary?) -> [Summary.Field] {
    func time(_ value: Int128?) -> SummaryValue {
      value.map { .seconds(Int64(clamping: $0)) } ?? .undefined
    }
    func count(_ value: Int64?) -> SummaryValue {
      value.map(SummaryValue.integer) ?? .undefined
    }
    return [
      ("copy_stall_s", time(memory?.totals.copyStallTime)),
      ("copy_stall_share", memory?.stallShare.map(SummaryValue.number) ?? .undefined),
      ("copy_waiting_s", time(memory?.waiting)),
      ("num_transfers", count(memory?.transfers)),
      ("num_copies", count(memory?.copies)),
      ("context_out_bytes", count(memory?.contextsOut)),
      ("context_in_bytes", count(memory?.contextsIn)),
      ("stored_bytes", count(memory?.totals.storedBytes)),
      ("loaded_bytes", count(memory?.totals.loadedBytes)),
      ("prefetched_bytes", count(memory?.totals.prefetchedBytes)),
      ("num_handovers", count(memory?.totals.handovers)),
      ("handover_bytes", count(memory?.totals.handoverBytes)),
      ("swapped_time_s", time(memory?.totals.swappedTime)),
      ("swapped_wait_s", time(memory?.totals.swappedWait)),
      ("swap_in_wait_s", time(memory?.totals.swapInWait)),
      ("context_in_wait_s", time(memory?.totals.contextInWait)),
    ]
  }

  /// Two keys for the lanes of each name.
  var linkFields: [Summary.Field] {
    links.flatMap { link in
      [
        ("\(link.key)_bytes", .integer(link.bytes)),
        ("\(link.key)_busy_share", link.busyShare.map(SummaryValue.number) ?? .undefined),
      ] as [Summary.Field]
    }
  }

  /// What `linkFields` are.
  var linkColumns: [ColumnEntry] {
    links.flatMap { link in
      let lane = link.direction == .both ? link.link : "\(link.link) \(link.direction.rawValue)"
      return [
        ColumnEntry("\(link.key)_bytes", "B", "Bytes moved over \(lane).", "all GPUs"),
        ColumnEntry(
          "\(link.key)_busy_share", "0-1",
          "Time in which bytes moved over that until the run was over and all had landed.",
          "mean over the links, whole run"),
      ]
    }
  }
}

extension MemoryRecord {
  /// Bytes that moved into or out of HBM for a cause, those of all GPUs.
  func bytes(of cause: String) -> Int64 {
    guard let index = LinkRecord.causeNames.firstIndex(of: cause) else { return 0 }
    return links.reduce(0) { $0 + ($1.touchesHBM ? $1.causes[index].bytes : 0) } * gpus
  }
}
