public import Files

/// What `martlet list` can list.
public enum ListingKind: String, CaseIterable, Sendable {
  /// The catalogue's GPUs.
  case gpus
  /// The catalogue's models.
  case models
  /// Links between devices.
  case links
  /// Places under HBM where KV blocks can lie.
  case tiers
  /// Who runs in each step.
  case schedulers
  /// Which instance a request goes to.
  case routers
  /// How many instances there should be.
  case autoscalers
  /// Which cached blocks go first.
  case evictions
  /// How keys and values are compressed.
  case codecs
  /// Bundles of settings from papers.
  case techniques
  /// Formats of traces.
  case formats
  /// Families of lengths.
  case distributions
  /// Experiment files that come with the tool.
  case scenarios
  /// Generations of serving engines.
  case profiles
  /// Models of a step's time.
  case costs
  /// Processes of arrivals.
  case arrivals
  /// Constants of the calibrated cost.
  case constants
  /// Columns and keys of the results.
  case metrics
  /// Named latency limits.
  case slos

  /// What it is, in a few words.
  public var summary: String {
    switch self {
    case .gpus: "accelerators of cluster.gpu, by their data sheets"
    case .models: "values of model; a path to a Hugging Face config.json does as well"
    case .links: "links between devices"
    case .tiers: "places under HBM where KV blocks can lie"
    case .schedulers: "values of engine.scheduler: who runs in each step"
    case .routers: "values of router: which instance a request goes to"
    case .autoscalers:
      "values of cluster.autoscaler: how many instances there should be"
    case .evictions: "values of engine.prefix_cache.eviction: which cached blocks go first"
    case .codecs: "ways to compress keys and values"
    case .techniques: "bundles of settings from papers"
    case .formats: "values of workload.format: how traces are written"
    case .distributions: "families of input_tokens and output_tokens"
    case .scenarios: "experiments that come with the tool; compare checks what some expect"
    case .profiles: "values of engine.profile: an engine's own time per step"
    case .costs: "values of engine.cost: how the time of a step is computed"
    case .arrivals: "values of arrivals.process: when requests arrive"
    case .constants: "what martlet calibrate fits and cluster.kernels reads"
    case .metrics: "columns and keys of the results, with unit and definition"
    case .slos: "latency limits of martlet capacity --slo"
    }
  }

  /// The kind called `name`.
  ///
  /// - Throws: `ConfigError` that names the nearest and all.
  public init(named name: String) throws(ConfigError) {
    guard let kind = Self(rawValue: name) else {
      throw .unknown("kind", name, known: Self.allCases.map(\.rawValue), at: nil)
    }
    self = kind
  }

  /// Whether its entries are policies with options.
  private var hasOptions: Bool {
    switch self {
    case .schedulers, .routers, .autoscalers, .evictions, .codecs, .costs, .profiles: true
    default: false
    }
  }

  /// Checks that `--options` means something here.
  ///
  /// - Throws: `ConfigError` that names the kinds that have options.
  public func checkOptions() throws(ConfigError) {
    guard !hasOptions else { return }
    let kinds = Self.allCases.filter(\.hasOptions).map(\.rawValue).joined(separator: ", ")
    throw ConfigError(.flag("--options"), "\(rawValue) have no options; \(kinds) may have")
  }
}

/// The entries of one kind, as a table for people and as JSON for scripts.
public struct Listing: Sendable {
  /// One thing listed.
  struct Entry: Sendable {
    /// The few figures that matter, one a column.
    let cells: [String]
    /// Every field in base units, the unit at the end of its key.
    let fields: [(String, JSON)]
    /// Options of a policy and their defaults.
    var options: [(name: String, text: String)]?
  }

  private let columns: [TextTable.Column]
  private let entries: [Entry]
  /// What belongs on standard error: an empty kind, a file that cannot be read.
  public let notes: [String]

  /// A listing of `entries`, which fill `columns`.
  init(_ columns: [TextTable.Column], _ entries: [Entry], notes: [String] = []) {
    self.columns = columns
    self.entries = entries
    self.notes = notes
  }

  /// Every entry of `kind`; `scenarios` is the directory of the experiment files, if there is one.
  public init(_ kind: ListingKind, scenarios: String? = nil) {
    let listing =
      switch kind {
      case .gpus: Self.gpus
      case .models: Self.models
      case .links: Self.links
      case .tiers: Self.tiers
      case .schedulers: Self.schedulers
      case .routers: Self.routers
      case .autoscalers: Self.autoscalers
      case .evictions: Self.evictions
      case .codecs, .techniques: Listing([.text("name")], [])
      case .formats: Self.formats
      case .distributions: Self.distributions
      case .scenarios: Self.scenarios(in: scenarios)
      case .profiles: Self.profiles
      case .costs: Self.costs
      case .arrivals: Self.arrivals
      case .constants: Self.constants
      case .metrics: Self.metrics
      case .slos: Self.slos
      }
    let isEmpty = listing.entries.isEmpty && listing.notes.isEmpty
    self.init(
      listing.columns, listing.entries,
      notes: isEmpty ? ["\(kind.rawValue): none are available"] : listing.notes)
  }

  /// The kinds themselves, with the number of their entries.
  public static func overview(scenarios: String? = nil) -> Listing {
    let entries = ListingKind.allCases.map { kind in
      let count = Listing(kind, scenarios: scenarios).entries.count
      return Entry(
        cells: [kind.rawValue, "\(count)", kind.summary],
        fields: [
          ("name", .string(kind.rawValue)), ("count", .integer(Int64(count))),
          ("summary", .string(kind.summary)),
        ])
    }
    return Listing([.text("kind"), .number("count"), .text("what")], entries)
  }

  /// The number of entries.
  public var count: Int { entries.count }

  /// The names of the entries.
  public var names: [String] { entries.compactMap(\.cells.first) }

  /// An aligned table, nothing for no entries; with `options` each entry is followed by its
  /// options and their defaults.
  public func text(options: Bool = false) -> String {
    guard !entries.isEmpty else { return "" }
    var table = TextTable(columns)
    for entry in entries { table.add(entry.cells) }
    var lines = table.lines
    if options {
      // From the last, so that what is put in does not move what is still to come.
      for (i, entry) in entries.enumerated().reversed() {
        let texts = (entry.options ?? []).map { "    \($0.name): \($0.text)" }
        lines.insert(contentsOf: texts.isEmpty ? ["    no options"] : texts, at: i + 2)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// An array of one object an entry: every field, and the options of a policy with their
  /// defaults.
  public var json: JSON {
    .array(
      entries.map { entry in
        guard let options = entry.options else { return .object(entry.fields) }
        let defaults = options.map { ($0.name, JSON.scalar($0.text)) }
        return .object(entry.fields + [("options", .object(defaults))])
      })
  }
}
