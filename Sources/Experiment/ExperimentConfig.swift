public import Files
public import Kernel
public import Serving
public import Units

/// An experiment file as written: names are not yet looked up, files not yet opened.
///
/// Every key of the file is here, defaults included; a value that a later stage may refuse knows
/// its place.
public struct ExperimentConfig: Sendable {
  /// The only version of the file format.
  public static let version = 1

  /// Path of the experiment file, for messages.
  public var file: String
  /// What the run is called; the file's name without its extension by default.
  public var name: String
  /// Seed of every random stream.
  public var seed: UInt64
  /// The served model.
  public var model: Located<ModelSource>
  /// GPUs and how many.
  public var cluster: ClusterConfig
  /// The serving engine of every instance.
  public var engine: EngineConfig
  /// Which instance a request goes to.
  public var router: RouterConfig
  /// The requests.
  public var workload: WorkloadConfig
  /// Targets of every request.
  public var slo: SLOConfig
  /// Which requests are measured, and how sure the means are.
  public var statistics: StatisticsConfig
  /// Which files are written besides summary and schema.
  public var output: OutputConfig

  /// Keys whose value is a policy: a bare name, or a mapping with `name` and options.
  package static let policyKeys = [
    "engine.scheduler", "engine.cost", "engine.profile", "engine.prefix_cache.eviction",
    "engine.prefix_cache.offload.eviction",
    "engine.preemption", "engine.allocator", "router", "router.index", "cluster.autoscaler",
    "cluster.disaggregation.router",
  ]

  /// Whether `key` is one of them, of the cluster or of a pool: `cluster.pools.0.engine.scheduler`.
  package static func isPolicy(_ key: String) -> Bool {
    let parts = key.split(separator: ".")
    guard parts.count > 3, parts[0] == "cluster", parts[1] == "pools" else {
      return policyKeys.contains(key)
    }
    return policyKeys.contains(parts[3...].joined(separator: "."))
  }
}

/// Where a model comes from.
public enum ModelSource: Sendable {
  /// A name of the catalogue.
  case name(String)
  /// A Hugging Face config.json, as a path from the working directory.
  case file(String)
  /// A block with the fields of a config.json.
  case inline(ConfigNode)
}

/// Where a GPU comes from.
public enum GPUSource: Sendable {
  /// A name of the catalogue.
  case name(String)
  /// A block with the catalogue's fields.
  case inline(ConfigNode)
}

/// A policy chosen by name, with the options the file gives.
public struct PolicyConfig: Sendable {
  /// One option as written.
  public struct Option: Sendable {
    /// Its name in the file.
    public var name: String
    /// Its value as text; the policy's own type says what it means.
    public var text: String
    /// Where it was written.
    public var place: Place

    /// The option `name` with the value `text`, written at `place`.
    public init(name: String, text: String, at place: Place) {
      self.name = name
      self.text = text
      self.place = place
    }
  }
  /// The policy's name.
  public var name: Located<String>
  /// The options, in the order of the file.
  public var options: [Option]

  /// The policy `name` with `options`.
  public init(_ name: Located<String>, options: [Option] = []) {
    self.name = name
    self.options = options
  }
}

/// The GPUs and how the model lies on them.
///
/// Of a cluster of pools everything but `instances` is that of the first.
public struct ClusterConfig: Sendable {
  /// Parts with instances of their own kind; none: all instances are alike.
  public var pools: [PoolConfig] = []
  /// How KV goes from pools that compute prompts to those that decode; nil without such pools.
  public var disaggregation: DisaggregationConfig?
  /// The GPU of every instance.
  public var gpu: Located<GPUSource>
  /// Replicas of the model, those of all pools together.
  public var instances: Located<Int>
  /// GPUs that share each layer.
  public var tensorParallel: Located<Int>
  /// Groups of layers in a row.
  public var pipelineParallel: Located<Int>
  /// Tiers under HBM; nil: KV lies in HBM only.
  public var memory: MemoryConfig?
  /// Path of a file of kernel constants from `martlet calibrate`, or the GPU of the catalogue whose
  /// constants are used; nil: those of the GPU.
  public var kernels: Located<String>?
  /// What a GPU costs an hour, in any currency; nil: costs are not reckoned.
  public var pricePerGPUHour: Double?
  /// What a GPU draws; nil: energy is not reckoned.
  public var power: PowerConfig?
  /// Who joins, leaves and fails; of pools by themselves nobody.
  public var elastic: ElasticConfig
}

/// What a GPU draws.
public struct PowerConfig: Sendable {
  /// Without work; nil is the catalogue's.
  public var idle: Located<Watts>?
  /// With a step in flight; nil is the catalogue's thermal design power.
  public var busy: Located<Watts>?
  /// Energy of the building over that of the GPUs.
  public var pue: Double
  /// Where the block was written.
  public var place: Place
}

/// The serving engine of every instance.
public struct EngineConfig: Sendable {
  /// Who runs in each step.
  public var scheduler: PolicyConfig
  /// Tokens of a KV block.
  public var blockSize: Located<Int>
  /// Share of HBM that weights and KV may fill.
  public var gpuMemoryUtilization: Located<Double>
  /// The model of a step's time.
  public var cost: PolicyConfig
  /// Engine generation: its own time per step.
  public var profile: PolicyConfig
  /// Longest request; nil is the model's.
  public var maxModelLength: Located<Int>?
  /// HBM kept free of KV.
  public var reserve: Located<Bytes>
  /// KV tokens of an instance; nil is what the memory leaves.
  public var kvPoolTokens: Located<Int>?
  /// Whether requests leave their KV for others that begin alike.
  public var prefixCache: PrefixCacheConfig
  /// What becomes of a request that loses its memory.
  public var preemption: PreemptionConfig
  /// How KV gets its memory.
  public var allocator: AllocatorConfig
  /// How decodes read prefixes that they share.
  public var sharedPrefixAttention: Located<SharedPrefixAttention>
}

/// The prefix cache of every instance.
public struct PrefixCacheConfig: Sendable {
  /// Whether there is one.
  public var enabled: Located<Bool>
  /// How cached blocks are found: `hash`, as in vLLM, or `radix`, as in SGLang.
  public var index: Located<String>
  /// Which cached blocks go first.
  public var eviction: PolicyConfig
  /// How it goes on in the tiers under HBM; nil: it does not.
  public var offload: OffloadConfig?
}

/// The requests of a run.
public enum WorkloadConfig: Sendable {
  /// Recorded ones.
  case trace(TraceConfig)
  /// Drawn ones.
  case generate(GenerateConfig)
  /// Those of ServeGen's clients.
  case servegen(ServeGenConfig)
}

/// Requests drawn from the client profiles of ServeGen.
public struct ServeGenConfig: Sendable {
  /// Its data: a directory or a tar archive, as a path from the working directory.
  public var data: Located<String>
  /// `language`, `reason` or `multimodal`; nil when there is only one.
  public var category: Located<String>?
  /// The served model as the data name it; nil when there is only one.
  public var model: Located<String>?
  /// Where time 0 lies in the data.
  public var start: Located<Seconds>
  /// How long requests arrive.
  public var duration: Located<Seconds>
  /// Only so many clients, the busiest; nil is all.
  public var clients: Located<Int>?
  /// The first requests only; nil is all.
  public var limit: Located<Int>?
  /// Mean rate of all clients together, requests/s; nil is the recorded one.
  public var rate: Located<Double>?
}

/// A recorded trace and how it is replayed.
public struct TraceConfig: Sendable {
  /// The file, as a path from the working directory.
  public var path: Located<String>
  /// Format by name, or `auto`.
  public var format: Located<String>
  /// The first requests only; nil is all.
  public var limit: Located<Int>?
  /// Divides the times between arrivals.
  public var speedup: Located<Double>
  /// Mean rate that the arrivals are stretched to, requests/s; nil leaves them.
  public var rate: Located<Double>?
  /// Requests in flight of a closed loop that ignores the recorded times; nil keeps the times.
  public var concurrency: Located<Int>?
  /// Tokens of a prompt block; nil is the format's, or what all rows fit.
  public var blockTokens: Located<Int>?
  /// How turns of sessions arrive; nil: as recorded, closed when the trace has no times for them.
  public var sessions: Located<SessionMode>?
  /// Delays of closed turns that the trace does not know; nil: it knows all.
  public var thinkTime: Located<DelayConfig>?
  /// Time between the starts of sessions that have a clock each; nil is 60 s.
  public var sessionGap: Located<Seconds>?
  /// Characters of a token in a file of texts; nil is 4.
  public var charactersPerToken: Located<Double>?
  /// Tokens at which longer prompts are cut off; nil: they are kept.
  public var maxInputTokens: Located<Int>?
}

/// Requests drawn from distributions.
public struct GenerateConfig: Sendable {
  /// When it ends.
  public enum Extent: Sendable, Equatable {
    /// After so many requests.
    case requests(Int)
    /// At this time.
    case duration(Seconds)
    /// After so many sessions.
    case sessions(Int)
    /// With the last request of the prefix tree.
    case tree
  }
  /// How requests arrive; rates in requests/s.
  public enum Arrivals: Sendable, Equatable {
    /// Exponential gaps.
    case poisson(rate: Double)
    /// Gamma gaps with coefficient of variation `cv`.
    case gamma(rate: Double, cv: Double)
    /// Equal gaps.
    case fixed(rate: Double)
    /// All at once, at time 0.
    case burst
    /// `concurrency` at time 0, each other one when a request finishes or is refused.
    case closed(concurrency: Int)
    /// Exponential gaps at one of two rates, each for an exponential time.
    case mmpp(onRate: Double, offRate: Double, onTime: Seconds, offTime: Seconds)
    /// Exponential gaps at a rate that follows a sine.
    case diurnal(rate: Double, amplitude: Double, period: Seconds, phase: Seconds)
  }
  /// How many requests.
  public var extent: Located<Extent>
  /// When they arrive.
  public var arrivals: Located<Arrivals>
  /// Prompt lengths.
  public var inputTokens: Located<DistributionConfig>
  /// Output lengths.
  public var outputTokens: Located<DistributionConfig>
  /// A draw whose sum is above it is drawn again; nil is no bound.
  public var maxTotalTokens: Located<Int>?
  /// What prompts begin with; nil: nothing is shared.
  public var prefixTree: PrefixTreeConfig?
  /// What makes sessions of the requests; nil: each is alone.
  public var sessions: SessionsConfig?
  /// How turns of sessions arrive; nil is closed.
  public var sessionMode: Located<SessionMode>?
}

/// A distribution of lengths.
public struct DistributionConfig: Sendable, Equatable {
  /// Its family and parameters.
  public enum Shape: Sendable, Equatable {
    /// One that is written down whole.
    case family(Distribution.Family)
    /// The values of a column of a CSV file, a path from the working directory.
    case empirical(file: String, column: String)
  }
  /// Its family and parameters.
  public var shape: Shape
  /// Least draw; nil is no bound.
  public var min: Double?
  /// Greatest draw; nil is no bound.
  public var max: Double?
}

/// Targets of every request in milliseconds; nil is no target.
public struct SLOConfig: Sendable, Equatable {
  /// Time to the first token.
  public var timeToFirstToken: Double?
  /// Mean time per output token after the first.
  public var timePerOutputToken: Double?
  /// Time to the last token.
  public var endToEnd: Double?
}

/// Which requests are measured, and how sure their means are.
public struct StatisticsConfig: Sendable {
  /// Requests that arrive sooner after the first are not measured.
  public var warmup: Located<Seconds>?
  /// So many requests, the first to arrive, are not measured.
  public var warmupRequests: Located<Int>?
  /// Parts of the run whose means are compared.
  public var batches: Int
  /// Confidence of the intervals.
  public var confidence: Double
}

/// Which files are written.
public struct OutputConfig: Sendable, Equatable {
  /// requests.csv.
  public var requests: Bool
  /// steps.csv.
  public var steps: Bool
  /// timeseries.csv and, with tiers, tiers.csv.
  public var timeseries: Bool
  /// links.csv, with tiers.
  public var links: Bool
  /// users.csv, of workloads with sessions.
  public var users: Bool
  /// timeline.json.
  public var timeline: Bool
  /// instances.csv; nil: of clusters with more than one instance.
  public var instances: Bool?
}
