/// What the caller knows of one instance.
public struct InstanceDescription: Sendable, Equatable {
  /// Its pool; nil when the cluster has none.
  public var pool: String?
  /// What it does of a request.
  public var role: String
  /// Its GPU.
  public var gpu: String
  /// GPUs that it has.
  public var gpus: Int
  /// What one of them costs an hour; nil when nobody says.
  public var gpuHourPrice: Double?
  /// What one of them draws; nil when nobody says.
  public var power: PowerDraw?

  /// An instance; the parameters are the fields.
  public init(
    pool: String?, role: String, gpu: String, gpus: Int, gpuHourPrice: Double? = nil,
    power: PowerDraw? = nil
  ) {
    self.pool = pool
    self.role = role
    self.gpu = gpu
    self.gpus = gpus
    self.gpuHourPrice = gpuHourPrice
    self.power = power
  }
}

/// What the caller knows of a run and the record does not: names, settings, hashes.
public struct RunDescription: Sendable {
  /// Model, as named in the experiment.
  public var model: String
  /// GPU, as named in the experiment.
  public var gpu: String
  /// Scheduler, as named in the experiment.
  public var scheduler: String
  /// Name of the experiment.
  public var label: String?
  /// Arrival rate asked for, requests/s; infinite for a burst, nil when a trace or a closed loop
  /// sets the pace.
  public var requestRate: Double?
  /// Shape of gamma arrivals: 1 is Poisson, less is burstier; nil when it does not apply.
  public var burstiness: Double?
  /// GPUs of all instances.
  public var gpuCount = 1
  /// What one GPU costs an hour, in any currency; nil when nobody says.
  public var gpuHourPrice: Double?
  /// What one GPU draws; nil when nobody says.
  public var power: PowerDraw?
  /// Latency targets.
  public var targets = ServiceLevel()
  /// How intervals are made.
  public var intervals = IntervalSettings()
  /// Seed of every random stream.
  public var seed: UInt64 = 1
  /// Hash of the effective configuration without paths.
  public var configHash: String?
  /// Hash of the trace, nil when requests were generated.
  public var traceHash: String?
  /// Version of this program.
  public var toolVersion: String
  /// Wall-clock time of the run in seconds: the one number that may differ between equal runs.
  public var wallTime: Double?
  /// Model FLOPs over peak FLOPs, mean over time and GPUs, 0…1.
  public var meanMFU: Double?
  /// HBM bytes moved over peak, mean over time and GPUs, 0…1.
  public var meanMBU: Double?

  /// What each instance is; empty when all are alike and the fields above say it.
  public var instances: [InstanceDescription] = []
  /// Router, as named in the experiment.
  public var router: String?

  /// Names the parts; everything else has a default that can be set afterwards.
  public init(model: String, gpu: String, scheduler: String, toolVersion: String) {
    self.model = model
    self.gpu = gpu
    self.scheduler = scheduler
    self.toolVersion = toolVersion
  }
}
