internal import Kernel
internal import Metrics
internal import Units

/// Clients of ServeGen and the requests they make together.
///
/// Each window of a client has as many requests as its rate says; where the rate has been scaled,
/// a fraction of a request is one by chance. Their gaps are drawn from the window's distribution
/// and stretched to fill the window: a window of its own, no gap reaches into the next. Where the
/// file's mean gap is shorter than the rate says, the client was active in a part of the window
/// only; then the gaps fill such a part, which begins anywhere. Each window has random streams of
/// its own, so other clients and another stretch of time change nothing of its requests.
public struct ServeGen: Sendable {
  /// What is to be drawn of the data.
  public struct Span: Sendable {
    /// Where time 0 lies in the data, in seconds.
    public var start: Double
    /// Seconds from there.
    public var duration: Double
    /// Only so many clients: those with the most requests in that time; nil is all.
    public var clients: Int?
    /// Mean rate of all clients together in requests/s; nil: as recorded.
    public var rate: Double?

    /// A stretch of time as recorded.
    public init(
      start: Double = 0, duration: Double = 3600, clients: Int? = nil, rate: Double? = nil
    ) {
      self.start = start
      self.duration = duration
      self.clients = clients
      self.rate = rate
    }
  }

  /// Category and model, such as `language/m-small`.
  public let name: String
  /// Hash of the files of its clients.
  public let contentHash: String
  private let path: String
  private let clients: [ServeGenClient]
  private let unused: [String]

  /// Reads the clients of one category and model from ServeGen's `data` directory, one within it,
  /// or a tar archive of it; a name that is nil may be left out when there is only one.
  ///
  /// - Throws: `TraceError` when there are no such clients, several models to choose from, or a
  ///   malformed file.
  public init(
    at path: String, category: String? = nil, model: String? = nil
  ) throws(TraceError) {
    self.path = path
    let tree = FileTree(path: path)
    let files = try tree.names { ServeGenFile($0) != nil }
    let folder = try Self.folder(of: files, path: path, category: category, model: model)
    let chosen = files.filter { ServeGenFile($0)?.folder == folder }
    var clients: [Int: ServeGenClient] = [:]  // sorted by number below
    var unused: [String] = []
    var hashes: [String: String] = [:]  // only looked up
    try tree.read(chosen) { (name, bytes) throws(TraceError) in
      guard let file = ServeGenFile(name) else { return }
      var hash = ContentHash()
      bytes.withUnsafeBytes { hash.add($0) }
      hashes[name] = hash.hex
      var client = clients[file.client] ?? ServeGenClient(number: file.client)
      if file.isTrace {
        try client.readWindows(bytes, tree.place(of: name))
      } else {
        var dataset = ServeGenDataset(bytes, tree.place(of: name))
        client.lengths = try dataset.windows()
        for key in dataset.unused where !unused.contains(key) { unused.append(key) }
      }
      clients[file.client] = client
    }
    var hash = ContentHash()
    for name in chosen {
      for byte in (ServeGenFile(name)?.key ?? "").utf8 { hash.add(byte) }
      for byte in (hashes[name] ?? "").utf8 { hash.add(byte) }
    }
    contentHash = hash.hex
    name = folder.split(separator: "/").suffix(2).joined(separator: "/")
    self.clients = clients.values.filter { !$0.windows.isEmpty }.sorted { $0.number < $1.number }
    self.unused = unused.sorted()
  }

  private static func folder(
    of files: [String], path: String, category: String?, model: String?
  ) throws(TraceError) -> String {
    var folders: [String] = []
    for file in files {
      guard let folder = ServeGenFile(file)?.folder, !folders.contains(folder) else { continue }
      folders.append(folder)
    }
    guard !folders.isEmpty else {
      throw TraceError(
        path, "holds no clients of ServeGen: files chunk-N-trace.csv and chunk-N-dataset.json")
    }
    let chosen = folders.filter { folder in
      let parts = folder.split(separator: "/").map(String.init)
      return (model == nil || parts.last == model)
        && (category == nil || parts.dropLast().last == category)
    }
    if chosen.count == 1 { return chosen[0] }
    let known = folders.map { $0.split(separator: "/").suffix(2).joined(separator: "/") }
    let names = known.sorted().joined(separator: ", ")
    let wish = [category, model].compactMap { $0 }.joined(separator: "/")
    throw TraceError(
      path,
      chosen.isEmpty
        ? "has no \(wish); known: \(names)"
        : "holds several models; choose one with category and model: \(names)")
  }

  /// The number of requests expected in a stretch of time.
  ///
  /// - Throws: `TraceError` if there are none, or over 200 million.
  public func expected(in span: Span) throws(TraceError) -> Double {
    let plan = try plan(span)
    return plan.total * plan.factor
  }

  /// Who asks in a stretch of time.
  private struct Plan {
    var clients: [(client: ServeGenClient, expected: Double)] = []
    /// Clients without lengths, and their requests.
    var silent = (clients: 0, requests: 0.0)
    /// Requests expected of all others, as recorded.
    var recorded = 0.0
    /// Requests expected of those chosen, as recorded.
    var total = 0.0
    /// What rates are scaled by.
    var factor = 1.0
  }

  private func plan(_ span: Span) throws(TraceError) -> Plan {
    let end = span.start + span.duration
    var plan = Plan()
    for client in clients {
      let expected = client.expected(from: span.start, to: end)
      guard expected > 0 else { continue }
      if client.lengths.isEmpty {
        plan.silent = (plan.silent.clients + 1, plan.silent.requests + expected)
      } else {
        plan.clients.append((client, expected))
        plan.recorded += expected
      }
    }
    if let most = span.clients {
      plan.clients.sort { ($1.expected, $0.client.number) < ($0.expected, $1.client.number) }
      plan.clients.removeLast(max(0, plan.clients.count - most))
      plan.clients.sort { $0.client.number < $1.client.number }
    }
    plan.total = plan.clients.reduce(0) { $0 + $1.expected }
    guard plan.total > 0 else { throw nothing(in: span, end) }
    plan.factor = span.rate.map { $0 * span.duration / plan.total } ?? 1
    guard plan.total * plan.factor <= 200_000_000 else {
      throw TraceError(
        path,
        "\(span.duration) s of \(name) mean over 200 million requests, more than memory"
          + " holds; shorten duration or set rate")
    }
    return plan
  }

  /// The requests of a stretch of time, ascending by arrival, and how they were drawn.
  ///
  /// - Throws: `TraceError` if there are none, or over 200 million.
  public func generate(_ span: Span, seed: UInt64) throws(TraceError) -> Trace {
    let plan = try plan(span)
    var draft = ServeGenDraft(
      start: span.start, end: span.start + span.duration, factor: plan.factor, seed: seed)
    for (client, _) in plan.clients { draft.add(client) }
    let table = try draft.requests(path)
    var warnings = draft.warnings
    let last = clients.compactMap { client in client.windows.last.map { $0.start + client.width } }
    if let last = last.max(), last < span.start + span.duration {
      warnings.append(
        "\(name) ends at \(last) s; nothing arrives in the last"
          + " \(span.start + span.duration - last) s")
    }
    if plan.silent.clients > 0 {
      let share = plan.silent.requests / (plan.silent.requests + plan.recorded)
      warnings.append(
        "\(plan.silent.clients) clients have no lengths and are left out, with "
          + "\((share * 1000).rounded() / 10) % of the requests of that time")
    }
    if !unused.isEmpty {
      warnings.append("\(unused.joined(separator: ", ")) are not used: output_tokens count them")
    }
    let report = TraceReport(
      format: "servegen", rowsRead: table.count, kept: table.count, dropped: [], blankLines: 0,
      warnings: warnings.map { "\(path): \($0)" }, contentHash: contentHash, blocks: nil)
    return Trace(requests: table, report: report)
  }

  private func nothing(in span: Span, _ end: Double) -> TraceError {
    let starts = clients.filter { !$0.lengths.isEmpty }.flatMap { client in
      client.windows.filter { $0.rate > 0 }.map(\.start)
    }
    let hint = starts.min().map { first in
      "; clients with lengths ask from \(first) s to \((starts.max() ?? first)) s"
    }
    return TraceError(
      path, "\(name) has no requests from \(span.start) s to \(end) s\(hint ?? "")")
  }
}

/// What the name of a client's file says: `…/language/m-small/chunk-7-trace.csv`.
struct ServeGenFile {
  /// The directory that it lies in.
  let folder: String
  /// Number of the client.
  let client: Int
  /// Whether it has rates; otherwise it has lengths.
  let isTrace: Bool

  /// Nil for any other file.
  init?(_ name: String) {
    let slash = name.lastIndex(of: "/")
    folder = slash.map { String(name[..<$0]) } ?? ""
    let file = slash.map { name[name.index(after: $0)...] } ?? name[...]
    guard file.hasPrefix("chunk-") else { return nil }
    isTrace = file.hasSuffix("-trace.csv")
    let ending = isTrace ? "-trace.csv" : "-dataset.json"
    guard file.hasSuffix(ending), let number = Int(file.dropFirst(6).dropLast(ending.count)),
      number >= 0
    else { return nil }
    client = number
  }

  /// The file without its directory.
  var key: String { "\(client)\(isTrace ? "t" : "d")" }
}
