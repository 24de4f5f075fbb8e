internal import Cost
internal import Experiment
internal import Files
internal import Metrics
internal import Units

/// What a run at the answer is closest to running out of.
struct NextLimit: Sendable {
  /// One word for programs: `kv_pool`, `batch`, `compute`, `hbm`, `link`, `host` or `step_time`.
  let name: String
  /// A few words with the figures behind it.
  let text: String

  /// The limit of the run that `summary` is of: a full KV pool, a full batch, or what bounds most
  /// of its mean step.
  init(_ summary: Summary, _ assembly: Assembly) {
    let busy = "busy \(Self.percent(summary.busyShare ?? 0))"
    let peak = summary.peakUsage ?? 0
    if summary.preemptions > 0 || peak >= 0.95 {
      let preempted = summary.preemptions == 1 ? "preemption" : "preemptions"
      name = "kv_pool"
      text = "KV pool (peak \(Self.percent(peak)), \(summary.preemptions) \(preempted))"
      return
    }
    // What the instances have in common is asked; pools may have nothing.
    let known = assembly.pools.count > 1 ? [] : assembly.resolved.scheduler
    let option = known.first { $0.name == "max_num_seqs" }
    let running = (summary.meanRunning ?? 0) / Double(assembly.config.cluster.instances.value)
    if let most = option.flatMap({ Int($0.text) }), running >= 0.9 * Double(most), most > 1 {
      name = "batch"
      text = "max_num_seqs \(most) (mean \(running.fixed(1)) running)"
      return
    }
    guard assembly.cost.heedsHardware else {
      name = "step_time"
      text = "step time (\(busy))"
      return
    }
    let parts = assembly.cost.parts(of: Self.meanStep(summary.totals))
    let bound = parts.bound
    let time = parts.parts.filter { $0.bound == bound }.reduce(0) { $0 + $1.time.value }
    let share = parts.total.value > 0 ? time / parts.total.value : 0
    name = bound.rawValue
    let words =
      switch bound {
      case .compute: "GPU arithmetic"
      case .hbm: "HBM bandwidth"
      case .link: "links between GPUs"
      case .host: "the engine's host time"
      }
    text = "\(words) (\(Self.percent(share)) of the mean step, \(busy))"
  }

  private static func percent(_ share: Double) -> String { "\((100 * share).fixed(0)) %" }

  /// The step that does as much as a step of the run does on average.
  private static func meanStep(_ totals: RunTotals) -> StepShape {
    func mean(_ sum: Int64) -> Int64 {
      guard sum > 0, totals.steps > 0 else { return 0 }
      return max(1, roundedQuotient(sum, totals.steps))
    }
    var shape = StepShape()
    shape.decodes = Int32(clamping: mean(totals.decodes))
    shape.context = mean(totals.context)
    shape.sharedContext = mean(totals.sharedContext)
    shape.sharedKeys = mean(totals.sharedKeys)
    if shape.decodes > 0 {
      shape.longestContext = Int32(clamping: totals.context / max(1, totals.decodes))
    }
    shape.prefillTokens = Int32(clamping: mean(totals.prefillTokens))
    if shape.prefillTokens > 0 {
      shape.prefillPairs = mean(totals.prefillPairs)
      shape.prefillKeys = mean(totals.prefillKeys)
      (shape.chunks, shape.largestChunk) = (1, shape.prefillTokens)
      shape.prefillBlocks = (shape.prefillTokens + 127) / 128
      shape.longestChunk = Int32(clamping: shape.prefillKeys)
    }
    shape.samples = Int32(clamping: mean(totals.samples))
    return shape
  }
}
