package import Catalog
package import Cost
internal import Experiment
internal import Files
internal import Units

/// The steps of a run on the roofline of its hardware: FLOP/s against FLOP per byte.
///
/// Source: Williams, Waterman and Patterson, "Roofline", CACM 52(4), 2009.
package enum RooflineFigure {
  /// One row of steps.csv.
  package struct Step: Sendable {
    package var running = 0.0
    package var prefillTokens = 0.0
    package var decodeTokens = 0.0
    /// Tokens stored at the step's end.
    package var storedTokens = 0.0
    package var seconds = 0.0

    /// A step of nothing.
    package init() {}

    /// What it computed, as far as steps.csv tells: prompts are taken as whole and equally long,
    /// decodes read what is stored less the prompts of this step.
    package var shape: StepShape {
      var shape = StepShape()
      shape.decodes = Int32(clamping: Int(decodeTokens))
      let chunks = max(0, Int(running) - Int(decodeTokens))
      if prefillTokens > 0 {
        // No chunk is empty, whatever a file says is running.
        let count = max(1, min(chunks, Int(prefillTokens)))
        let (size, longer) = Int(prefillTokens).quotientAndRemainder(dividingBy: count)
        // Alone in the pool, a chunk's earlier tokens are all that is stored besides it.
        let before = decodeTokens == 0 && count == 1 ? max(0, storedTokens - prefillTokens) : 0
        shape.addChunks(longer, tokens: size + 1, after: Int(before))
        shape.addChunks(count - longer, tokens: size, after: Int(before))
        shape.samples = shape.chunks
      }
      shape.samples += shape.decodes
      if decodeTokens > 0 {
        shape.context = Int64(max(decodeTokens, storedTokens - prefillTokens))
      }
      return shape
    }

    /// Its place: FLOP per byte, FLOP a second.
    package func point(on deployment: Deployment) -> Figure.Point {
      let work = StepWork(of: shape, on: deployment)
      return Figure.Point(work.flops.value / work.bytes.value, work.flops.value / seconds)
    }
  }

  /// The roof over `xs` FLOP per byte: the HBM's slope, then the flat peak.
  package static func roof(over xs: ClosedRange<Double>, of deployment: Deployment)
    -> [Figure.Point]
  {
    let (peak, bandwidth) = peaks(deployment)
    let ridge = peak / bandwidth
    let (low, high) = (min(xs.lowerBound, ridge / 2), max(xs.upperBound, 2 * ridge))
    return [
      Figure.Point(low, low * bandwidth), Figure.Point(ridge, peak), Figure.Point(high, peak),
    ]
  }

  private static func peaks(_ deployment: Deployment) -> (flops: Double, bytes: Double) {
    let gpus = Double(deployment.gpus)
    return (
      deployment.gpu.peak(deployment.model.weights).value * gpus,
      deployment.gpu.bandwidth.value * gpus
    )
  }

  private static let bounds = ["compute", "hbm", "link", "host"]

  static func item(for report: RunReport) -> FigureItem {
    var figure = Figure(
      "Roofline with the run's steps",
      x: Figure.Axis("FLOP per byte of HBM traffic", isLogarithmic: true),
      y: Figure.Axis("FLOP/s", isLogarithmic: true), series: [])
    let path = Paths.join(report.directory, "steps.csv")
    guard let assembly = report.assembly else {
      return FigureItem(figure, ifEmpty: "No roofline: \(report.assemblyFault ?? "").")
    }
    guard let file = try? ColumnFile(readingFrom: path), let steps = steps(file, assembly) else {
      return FigureItem(
        figure, ifEmpty: "steps.csv is not here; run with --set output.steps=true for it.")
    }
    let deployment = assembly.deployment
    let texts = file.texts(named: "bound_by") ?? []
    var kept = 0
    for (index, bound) in bounds.enumerated() {
      let points = steps.indices.filter { texts[$0] == bound && steps[$0].seconds > 0 }
        .map { steps[$0].point(on: deployment) }
      let thin = Thinning.scatter(points, x: true, y: true)
      kept += thin.count
      if !thin.isEmpty {
        figure.series.append(
          Figure.Series("bound by \(bound == "hbm" ? "HBM" : bound)", .points, thin, look: index))
      }
    }
    let xs = figure.series.flatMap(\.points).map(\.x)
    guard let low = xs.min(), let high = xs.max() else {
      return FigureItem(figure, ifEmpty: "No step computed anything.")
    }
    let (peak, bandwidth) = peaks(deployment)
    let name =
      "roof: \(NumberWords.short(peak / 1e12)) TFLOP/s, \(NumberWords.short(bandwidth / 1e12)) TB/s"
    figure.series.append(
      Figure.Series(name, .guide, roof(over: low...high, of: deployment), look: 5))
    figure.notes.append(
      "One instance. FLOP and bytes at least needed by the counts of steps.csv; a step's prompts "
        + "are taken as whole and equally long, its context from the KV pool in use. "
        + "\(NumberWords.short(Double(kept))) of \(NumberWords.short(Double(steps.count))) steps; "
        + "the others lie on top of these.")
    return FigureItem(figure, ifEmpty: "No step computed anything.")
  }

  /// The rows of steps.csv; nil when it lacks a column.
  private static func steps(_ file: ColumnFile, _ assembly: Assembly) -> [Step]? {
    guard let running = file.numbers(named: "num_running"),
      let prefill = file.numbers(named: "prefill_tokens"),
      let decode = file.numbers(named: "decode_tokens"),
      let use = file.numbers(named: "kv_cache_usage_perc"),
      let duration = file.numbers(named: "duration_ms"), file.columns.contains("bound_by")
    else { return nil }
    let pool = Double(assembly.resolved.kvPoolTokens ?? 0)
    return (0..<file.count).map { row in
      let known = { (value: Double) in value.isFinite ? max(0, min(value, 1e9)) : 0 }
      var step = Step()
      step.running = known(running[row])
      step.prefillTokens = known(prefill[row])
      step.decodeTokens = known(decode[row])
      step.storedTokens = known(use[row] * pool)
      step.seconds = known(duration[row]) / 1000
      return step
    }
  }
}

extension StepShape {
  /// Adds `count` equal chunks at once.
  fileprivate mutating func addChunks(_ count: Int, tokens: Int, after stored: Int) {
    guard count > 0 else { return }
    let times = Int32(clamping: count)
    var chunk = StepShape()
    chunk.addChunk(tokens: Int32(clamping: tokens), after: Int32(clamping: stored))
    chunks += times
    prefillTokens += times * chunk.prefillTokens
    prefillPairs += Int64(count) * chunk.prefillPairs
    prefillKeys += Int64(count) * chunk.prefillKeys
    prefillBlocks += times * chunk.prefillBlocks
    largestChunk = max(largestChunk, chunk.largestChunk)
    longestChunk = max(longestChunk, chunk.longestChunk)
  }
}
