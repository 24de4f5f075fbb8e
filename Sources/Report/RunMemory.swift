internal import Files

/// links.csv and tiers.csv of a run with tiers under HBM.
struct RunMemory {
  /// The lanes of one kind of link and direction, added up.
  private struct Link {
    let name: String
    let direction: String
    var lanes = 0.0
    var transfers = 0.0
    var copies = 0.0
    var bytes = 0.0
    /// Bytes of one GPU of each lane over the time in which it moved them.
    var bytesPerGPU = 0.0
    var busy = 0.0
    var busyShare = 0.0
    var waiting = 0.0
    /// Bytes by cause, in the order of the file.
    var causes: [(name: String, bytes: Double)] = []
  }

  /// One tier, all instances together.
  private struct Tier {
    let name: String
    var times: [Double] = []
    var capacity: [Double] = []
    /// Blocks at each time, by part.
    var blocks: [[Double]]
  }

  private static let parts = [
    ("used_blocks", "in use"), ("swapped_blocks", "swapped out"),
    ("kept_blocks", "copies of what runs"), ("context_blocks", "contexts of turns"),
    ("cached_blocks", "prefix cache"),
  ]

  private var links: [Link] = []
  private var tiers: [Tier] = []

  /// Reads the files that `names` says are in `directory`; nil when neither is.
  ///
  /// - Throws: `ConfigError` when one is torn or lacks a column.
  init?(readingFrom directory: String, _ names: [String]) throws(ConfigError) {
    let (hasLinks, hasTiers) = (names.contains("links.csv"), names.contains("tiers.csv"))
    guard hasLinks || hasTiers else { return nil }
    if hasLinks { try readLinks(Paths.join(directory, "links.csv")) }
    if hasTiers { try readTiers(Paths.join(directory, "tiers.csv")) }
  }

  private mutating func readLinks(_ path: String) throws(ConfigError) {
    let file = try ColumnFile(readingFrom: path)
    let (link, direction) = (try file.index(of: "link"), try file.index(of: "direction"))
    func column(_ name: String) throws(ConfigError) -> [Double] {
      file.numbers(try file.index(of: name)).map { $0.isFinite ? $0 : 0 }
    }
    let gpus = try column("gpus")
    let (transfers, copies) = (try column("transfers"), try column("copies"))
    let (bytes, busy, share) = (
      try column("bytes"), try column("busy_s"), try column("busy_share")
    )
    let waiting = try column("waiting_s")
    var causes: [(name: String, bytes: [Double])] = []
    for name in file.columns
    where name.hasSuffix("_bytes") && !name.hasSuffix("cancelled_bytes") {
      causes.append((String(name.dropLast("_bytes".count)), try column(name)))
    }
    for row in 0..<file.count {
      let (name, way) = (file.text(link, row: row), file.text(direction, row: row))
      var index = links.firstIndex { $0.name == name && $0.direction == way } ?? links.count
      if index == links.count {
        links.append(Link(name: name, direction: way, causes: causes.map { ($0.name, 0) }))
        index = links.count - 1
      }
      links[index].lanes += 1
      links[index].transfers += transfers[row]
      links[index].copies += copies[row]
      links[index].bytes += bytes[row] * gpus[row]
      links[index].bytesPerGPU += bytes[row]
      links[index].busy += busy[row]
      links[index].busyShare += share[row]
      links[index].waiting += waiting[row]
      for cause in causes.indices {
        links[index].causes[cause].bytes += causes[cause].bytes[row] * gpus[row]
      }
    }
  }

  private mutating func readTiers(_ path: String) throws(ConfigError) {
    let names = ["time_s", "tier", "capacity_blocks"] + Self.parts.map(\.0)
    let file = try ColumnFile(readingFrom: path, names)
    let times = file.numbers(try file.index(of: "time_s"))
    let tier = try file.index(of: "tier")
    let capacity = file.numbers(try file.index(of: "capacity_blocks"))
    var parts: [[Double]] = []
    for part in Self.parts { parts.append(file.numbers(try file.index(of: part.0))) }
    for row in 0..<file.count where times[row].isFinite {
      let name = file.text(tier, row: row)
      var index = tiers.firstIndex { $0.name == name } ?? tiers.count
      if index == tiers.count {
        tiers.append(Tier(name: name, blocks: parts.map { _ in [] }))
        index = tiers.count - 1
      }
      // Instances of one bucket follow each other.
      if tiers[index].times.last != times[row] {
        tiers[index].times.append(times[row])
        tiers[index].capacity.append(0)
        for part in parts.indices { tiers[index].blocks[part].append(0) }
      }
      let last = tiers[index].times.count - 1
      tiers[index].capacity[last] += capacity[row]
      for part in parts.indices { tiers[index].blocks[part][last] += parts[part][row] }
    }
  }

  /// A figure for each tier: how full it is over time, and with what.
  private var figures: [FigureItem] {
    tiers.map { tier in
      var figure = Figure(
        "\(tier.name) in use", x: Figure.Axis("simulated time, s"),
        y: Figure.Axis("blocks in use, %"), series: [])
      for (index, part) in Self.parts.enumerated() {
        // What is never there has no line; the sum has one always.
        guard index == 0 || tier.blocks[index].contains(where: { $0 > 0 }) else { continue }
        let points = tier.times.indices.map { time in
          Figure.Point(
            tier.times[time], 100 * tier.blocks[index][time] / max(1, tier.capacity[time]))
        }
        let thinned = Aggregation(points).thinned(to: 240)
        figure.series.append(
          Figure.Series(part.1, thinned.count > 40 ? .line : .markedLine, thinned, look: index))
      }
      return FigureItem(figure, ifEmpty: "The run ended before its first bucket.")
    }
  }

  private var table: String {
    let rows = links.map { link in
      let causes = link.causes.filter { $0.bytes > 0 }.map { cause in
        "\(cause.name) \(NumberText.trimmed(100 * cause.bytes / link.bytes, 1)) %"
      }
      return [
        link.name, link.direction, NumberWords.short(link.lanes),
        NumberWords.short(link.transfers), NumberWords.short(link.copies),
        NumberWords.short(link.bytes * 1e-9),
        NumberText.trimmed(100 * link.busyShare / max(1, link.lanes), 1),
        link.busy > 0 ? NumberWords.short(link.bytesPerGPU * 1e-9 / link.busy) : "–",
        NumberWords.short(link.waiting), causes.joined(separator: ", "),
      ]
    }
    return Markup.table(
      [
        "link", "direction", "links", "transfers", "copies", "GB", "busy, %", "GB/s while busy",
        "waiting, s", "bytes by cause",
      ], rows, numbers: Set(2...8), caption: "Links of all instances")
  }

  /// Adds the section on links and tiers.
  func add(to page: inout Page) throws(ConfigError) {
    let lead = "What moved between HBM and the tiers under it, and what lay there."
    let rows = links.isEmpty ? "" : table
    guard tiers.isEmpty else {
      return try page.addFigures("Links and tiers", lead, figures, beside: rows)
    }
    page.open("Links and tiers", lead)
    page.add(rows)
    page.close()
  }
}
