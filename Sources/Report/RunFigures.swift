internal import Files

/// The figures of a run.
struct RunFigures {
  private let report: RunReport
  private static let noRequests =
    "requests.csv is not here; run with --set output.requests=true for it."
  private static let noSeries =
    "timeseries.csv is not here; run with --set output.timeseries=true for it."

  init(_ report: RunReport) { self.report = report }

  private static let names = [
    "ttft": "Time to first token", "tpot": "Time per output token", "e2el": "End-to-end latency",
  ]

  // MARK: - Distributions

  var distributions: [FigureItem] { ["ttft", "tpot", "e2el"].map { distribution(of: $0) } }

  private func distribution(of metric: String) -> FigureItem {
    let values = (report.latencies?.counted(metric) ?? []).filter(\.isFinite)
    let (low, high) = (values.min() ?? 1, values.max() ?? 1)
    let target = report.targets.first { $0.metric == metric }?.limit
    let isLogarithmic = low > 0 && high / low > 30
    var figure = Figure(
      Self.names[metric] ?? metric,
      x: Figure.Axis("\(metric.uppercased()), ms", isLogarithmic: isLogarithmic),
      y: Figure.Axis("requests at or below, %", limits: 0...100),
      series: [
        Figure.Series("completed requests", .steps, Thinning.distribution(values))
      ])
    if let target, !values.isEmpty {
      let share = Double(values.count { $0 <= target }) / Double(values.count)
      let within = "\(NumberText.trimmed(100 * share, 2)) % of completed requests"
      let name = "target \(NumberWords.short(target)) ms"
      let isNear = isLogarithmic ? target < 30 * high : target < 2 * high
      if isNear, target > low / 30 {
        let line = [Figure.Point(target, 0), Figure.Point(target, 100)]
        figure.series.append(Figure.Series("\(name): \(within)", .guide, line))
      } else {
        figure.notes.append("The \(name) lies outside of the axis: \(within) are within.")
      }
    }
    let empty =
      report.latencies == nil
      ? Self.noRequests
      : metric == "tpot"
        ? "No request completed with more than one output token, so there is no distribution."
        : "No request completed, so there is no distribution."
    return FigureItem(figure, ifEmpty: empty)
  }

  // MARK: - Over time

  var overTime: [FigureItem] {
    [latencyOverTime("ttft"), latencyOverTime("tpot"), requests, batch, memory, tokens]
  }

  private static let time = Figure.Axis("simulated time, s")

  private func latencyOverTime(_ metric: String) -> FigureItem {
    let lines = report.latencies?.percentiles([500, 950], of: metric) ?? [[], []]
    let all = lines.flatMap { $0 }.map(\.y).filter { $0.isFinite && $0 > 0 }
    let isWide = (all.max() ?? 1) / (all.min() ?? 1) > 30
    let figure = Figure(
      "\(Self.names[metric] ?? metric) by arrival", x: Figure.Axis("time of arrival, s"),
      y: Figure.Axis("\(metric.uppercased()), ms", isLogarithmic: isWide),
      series: [
        Figure.Series("median", style(lines[0]), lines[0], look: 0),
        Figure.Series("95th percentile", style(lines[1]), lines[1], look: 1),
      ], notes: ["Of the requests that arrived in each part of the time."] + warmupNote)
    let empty =
      report.latencies == nil ? Self.noRequests : "No request got a token, so there is no latency."
    return FigureItem(figure, ifEmpty: empty)
  }

  private var requests: FigureItem {
    guard let latencies = report.latencies, latencies.arrival.contains(where: \.isFinite) else {
      return FigureItem(
        Figure("Throughput and goodput", x: Self.time, y: Figure.Axis("requests/s"), series: []),
        ifEmpty: report.latencies == nil ? Self.noRequests : "No request arrived.")
    }
    let buckets = Thinning.Buckets(
      end: latencies.end, rows: latencies.arrival.count, perBucket: 15, most: 80)
    let arrived = latencies.rate(of: latencies.arrival, in: buckets)
    let done = latencies.rate(of: latencies.finish, in: buckets)
    var figure = Figure(
      "Throughput and goodput", x: Self.time, y: Figure.Axis("requests/s"),
      series: [
        Figure.Series("arrived", style(arrived), arrived, look: 5),
        Figure.Series("completed", style(done), done, look: 0),
      ])
    if !report.targets.isEmpty {
      let good = latencies.rate(of: latencies.finish, in: buckets) {
        latencies.isWithin[$0] == 1
      }
      figure.series.append(
        Figure.Series("completed within targets", style(good), good, look: 2))
    }
    let width = NumberWords.short(buckets.width)
    figure.notes += ["Counted in parts of \(width) s."] + warmupNote
    return FigureItem(figure, ifEmpty: "No request arrived.")
  }

  private var batch: FigureItem {
    let figure = Figure(
      "Requests running and waiting", x: Self.time, y: Figure.Axis("requests"),
      series: [
        line("running", "num_requests_running", look: 0),
        line("waiting", "num_requests_waiting", look: 1),
      ], notes: instancesNote("Sum over") + warmupNote)
    return FigureItem(figure, ifEmpty: emptySeries)
  }

  private var memory: FigureItem {
    let series = report.series
    let mean = series?.points(series?.meanUse ?? [], scale: 100) ?? []
    var figure = Figure(
      "KV pool in use", x: Self.time, y: Figure.Axis("blocks in use, %"),
      series: [
        Figure.Series((series?.instances ?? 1) > 1 ? "mean" : "", style(mean), mean, look: 0)
      ], notes: instancesNote("Mean and fullest of") + warmupNote)
    if let series, series.instances > 1 {
      let highest = series.points(series.highestUse, scale: 100)
      figure.series.append(
        Figure.Series("fullest instance", style(highest), highest, look: 1))
    }
    return FigureItem(figure, ifEmpty: emptySeries)
  }

  private var tokens: FigureItem {
    let width = report.series?.width ?? 1
    let figure = Figure(
      "Tokens a second", x: Self.time, y: Figure.Axis("tokens/s"),
      series: [
        line("prompt", "prompt_tokens", look: 3, scale: 1 / width),
        line("output", "generation_tokens", look: 0, scale: 1 / width),
      ], notes: instancesNote("Sum over") + warmupNote)
    return FigureItem(figure, ifEmpty: emptySeries)
  }

  private func line(
    _ name: String, _ column: String, look: Int, scale: Double = 1
  ) -> Figure.Series {
    let points = report.series.map { $0.points($0.sums[column] ?? [], scale: scale) } ?? []
    return Figure.Series(name, style(points), points, look: look)
  }

  /// Few points show their marks.
  private func style(_ points: [Figure.Point]) -> Figure.Style {
    points.count > 40 ? .line : .markedLine
  }

  private func instancesNote(_ words: String) -> [String] {
    guard let count = report.series?.instances, count > 1 else { return [] }
    return ["\(words) \(count) instances."]
  }

  /// What is shown here and counted in no table.
  private var warmupNote: [String] {
    guard let warmup = report.latencies?.warmup else { return [] }
    return ["With the warm-up, which ends at \(NumberWords.short(warmup.end)) s."]
  }

  /// Which requests the distributions are of.
  var population: String {
    guard let warmup = report.latencies?.warmup else {
      return "Share of completed requests at or below each latency, over the whole run."
    }
    let count = NumberWords.short(Double(warmup.requests))
    return "Share of completed requests at or below each latency, after the warm-up of \(count) "
      + "requests."
  }

  private var emptySeries: String {
    report.series == nil ? Self.noSeries : "The run ended before its first bucket."
  }

  // MARK: - Work

  var work: [FigureItem] { [prompts, RooflineFigure.item(for: report)] }

  private var prompts: FigureItem {
    let lengths = report.latencies?.prompt ?? []
    let values = report.latencies?.counted("ttft") ?? []
    let all = zip(lengths, values).map { Figure.Point($0, $1) }
    let kept = Thinning.scatter(all, x: true, y: true)
    let usable = all.count { $0.x.isFinite && $0.y.isFinite }
    var figure = Figure(
      "Time to first token by prompt length",
      x: Figure.Axis("prompt, tokens", isLogarithmic: true),
      y: Figure.Axis("TTFT, ms", isLogarithmic: true),
      series: [Figure.Series("", .points, kept)])
    if kept.count < usable {
      figure.notes.append(
        "\(NumberWords.short(Double(kept.count))) of \(NumberWords.short(Double(usable))) requests;"
          + " the others lie on top of these.")
    }
    let empty = report.latencies == nil ? Self.noRequests : "No request got a token."
    return FigureItem(figure, ifEmpty: empty)
  }
}
