public import Catalog
public import Units

/// What is measured of requests, the mean over those of a run unless a name says otherwise.
public enum RunMetric: String, Sendable, CaseIterable {
  /// Time to the first token.
  case ttft
  /// Time per output token after the first.
  case tpot
  /// Time from arrival to the last token.
  case latency
}

/// One measured run of a serving engine: what it served, how requests came, and what they took.
public struct MeasuredRun: Sendable {
  /// How requests came.
  public enum Load: Sendable, Equatable {
    /// So many in flight at any time; the times are those of the steady state.
    case closed(concurrency: Int)
    /// So many at once; `together` when one step computes all prompts.
    case batch(Int, together: Bool)
    /// So many at a rate in requests/s, in bursts of that coefficient of variation (1: Poisson).
    case open(requests: Int, rate: Double, cv: Double)
    /// So many of which a number is in flight, ramp-up and end included.
    case bounded(requests: Int, concurrency: Int)
  }

  /// The model, its weights in the format that was served.
  public let model: Model
  /// The kind of every GPU.
  public let gpu: GPU
  /// GPUs that share each layer.
  public let tensorParallel: Int
  /// How requests came.
  public let load: Load
  /// Tokens of a prompt, the mean when they differ.
  public let input: Int
  /// Tokens of an output, the mean when they differ.
  public let output: Int
  /// What was measured.
  public let times: [(metric: RunMetric, time: Seconds)]

  /// A measured run.
  public init(
    model: Model, gpu: GPU, tensorParallel: Int, load: Load, input: Int, output: Int,
    times: [(metric: RunMetric, time: Seconds)]
  ) {
    self.model = model
    self.gpu = gpu
    self.tensorParallel = tensorParallel
    self.load = load
    self.input = input
    self.output = output
    self.times = times
  }
}

/// A row of a file of measured runs.
public struct MeasuredRunRow: Sendable {
  /// `file:line`.
  public let place: String
  /// The engine as the file names it.
  public let engine: String
  /// Its version, or the year of the measurement; empty when not known.
  public let version: String
  /// The model as the file names it.
  public let modelName: String
  /// The GPU as the file names it.
  public let gpuName: String
  /// The run; nil for one that is not modelled.
  public let run: MeasuredRun?
  /// Why it is not modelled; empty when it is.
  public let reason: String

  /// A row with a run, or with the reason why there is none.
  public init(
    place: String, engine: String, version: String, modelName: String, gpuName: String,
    run: MeasuredRun?, reason: String = ""
  ) {
    (self.place, self.engine, self.version) = (place, engine, version)
    (self.modelName, self.gpuName) = (modelName, gpuName)
    (self.run, self.reason) = (run, reason)
  }

  /// A row with the run that `read` finds in it, or the reason that it gives.
  init(
    _ row: MeasuredTable.Row, engine: String, version: String, modelName: String, gpuName: String,
    read: (Model, GPU) throws(RunFault) -> MeasuredRun
  ) throws(CalibrationError) {
    (place, self.engine, self.version) = (row.place, engine, version)
    (self.modelName, self.gpuName) = (modelName, gpuName)
    do throws(RunFault) {
      guard let model = Model.measured(modelName) else {
        throw RunFault.unmodelled("the catalogue has no such model")
      }
      guard let gpu = GPU.measured(gpuName) else {
        throw RunFault.unmodelled("the catalogue has no GPU \(gpuName)")
      }
      run = try read(model, gpu)
      reason = ""
    } catch {
      switch error {
      case .unmodelled(let reason):
        run = nil
        self.reason = reason
      case .wrong(let error): throw error
      }
    }
  }
}

/// Why a row gives no run.
enum RunFault: Error {
  /// It is of a kind that is not simulated, or doubtful.
  case unmodelled(String)
  /// A value makes no sense.
  case wrong(CalibrationError)
}

/// A kind of file of measured runs.
///
/// **To add one: a file beside this one and a line in `measuredRunClasses`.**
public protocol MeasuredRunClass: Sendable {
  /// Name, such as `closed-loop`.
  static var name: String { get }
  /// The columns that tell the class.
  static var columns: [String] { get }
  /// What `row` says.
  ///
  /// - Throws: `CalibrationError` with the line of a value that makes no sense.
  static func row(_ row: MeasuredTable.Row) throws(CalibrationError) -> MeasuredRunRow
}

/// Every kind of file of measured runs.
public let measuredRunClasses: [any MeasuredRunClass.Type] = [
  ClosedLoopRuns.self, PhaseBatches.self, LatencyBatches.self,
]

extension MeasuredTable.Row {
  /// As `positive`, for runs.
  func amount(_ column: String) throws(RunFault) -> Double {
    do { return try positive(column) } catch { throw .wrong(error) }
  }

  /// As `whole`, for runs.
  func count(_ column: String) throws(RunFault) -> Int {
    do { return try whole(column) } catch { throw .wrong(error) }
  }

  /// The time in `column`, written in units of `unit` s.
  func time(_ column: String, _ unit: Double) throws(RunFault) -> Seconds {
    Seconds(try amount(column) * unit)
  }
}
