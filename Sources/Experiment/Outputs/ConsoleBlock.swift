internal import Files
public import Metrics
internal import Units

extension Summary {
  /// The result block that `vllm bench serve` prints, line for line, then what only a simulator
  /// knows: preemptions, KV peak, rejections and the verdict.
  ///
  /// Source: vLLM `vllm/benchmarks/serve.py`, `benchmark` and `process_one_metric`.
  public var consoleBlock: String {
    let lines =
      [Self.centred(" Serving Benchmark Result ", "=")] + counts
      + section("Time to First Token", "TTFT", ttft)
      + section("Time per Output Token (excl. 1st token)", "TPOT", tpot)
      + section("Inter-token Latency", "ITL", itl) + section("End-to-end Latency", "E2EL", e2el)
      + [Self.centred("Simulation", "-")] + simulation + [Self.centred("", "=")] + links
      + ["verdict: \(verdict.kind.rawValue) (\(verdict.reason))"]
    return lines.joined(separator: "\n") + "\n"
  }

  private var counts: [String] {
    var lines = [
      row("Successful requests:", "\(completed)"),
      row("Failed requests:", "\(failed)"),
    ]
    if let concurrency {
      lines.append(row("Maximum request concurrency:", "\(concurrency)"))
    }
    if let sessions {
      let name = sessions.areClosed ? "Sessions, closed:" : "Sessions, open:"
      lines.append(row(name, "\(sessions.count)"))
    }
    if let rate = description.requestRate, rate.isFinite {
      lines.append(row("Request rate configured (RPS):", rate.fixed(2)))
    }
    lines += [
      row("Benchmark duration (s):", plain(duration.map { Double($0) * 1e-12 })),
      row("Total input tokens:", "\(inputTokens)"),
      row("Total generated tokens:", "\(outputTokens)"),
      row("Request throughput (req/s):", plain(perSecond(completed))),
    ]
    if !description.targets.isEmpty {
      lines.append(row("Request goodput (req/s):", plain(perSecond(good))))
    }
    lines.append(row("Output token throughput (tok/s):", plain(perSecond(outputTokens))))
    if let peakOutputTokens {
      let tokens = Double(peakOutputTokens).fixed(2)
      lines.append(row("Peak output token throughput (tok/s):", tokens))
    }
    lines += [
      row("Peak concurrent requests:", Double(peakConcurrency).fixed(2)),
      row("Total token throughput (tok/s):", plain(perSecond(inputTokens + outputTokens))),
    ]
    return lines
  }

  private func section(_ title: String, _ name: String, _ statistics: Statistics?) -> [String] {
    guard let statistics else { return [] }
    return [
      Self.centred(title, "-"),
      row("Mean \(name) (ms):", (Double(statistics.mean) * 1e-9).fixed(2)),
      row("Median \(name) (ms):", (Double(statistics.p50) * 1e-9).fixed(2)),
      row("P99 \(name) (ms):", (Double(statistics.p99) * 1e-9).fixed(2)),
    ]
  }

  private var simulation: [String] {
    var lines: [String] = []
    if warmupRequests > 0 {
      lines.append(row("Warm-up requests, not measured:", "\(warmupRequests)"))
    }
    lines += uncertainty
    lines += [
      row("Preemptions:", "\(preemptions)"),
      row("KV cache peak (%):", plain(peakUsage.map { 100 * $0 })),
    ]
    if let cost = costPerMillion(outputTokens) {
      lines.append(row("Cost per million output tokens:", cost.fixed(4)))
    }
    if let energyPerOutputToken {
      lines.append(row("Energy per output token (J):", energyPerOutputToken.fixed(4)))
    }
    if rejected > 0 { lines.append(row("Rejected requests:", "\(rejected) (unservable)")) }
    if failedByFailure > 0 {
      lines.append(row("Requests ended by failures:", "\(failedByFailure)"))
    }
    if retries > 0 { lines.append(row("Retries after failures:", "\(retries)")) }
    if migrations > 0 { lines.append(row("Migrations between queues:", "\(migrations)")) }
    if unfinished > 0 { lines.append(row("Unfinished requests:", "\(unfinished)")) }
    if totals.extrapolatedSteps > 0 {
      let steps = "\(totals.extrapolatedSteps) of \(totals.steps)"
      lines.append(row("Steps outside calibration:", steps))
    }
    return lines
  }

  /// The interval of the mean that users look at first.
  private var uncertainty: [String] {
    let settings = description.intervals
    guard let ttft, let half = intervals.ttft.mean,
      let isReliable = intervals.isReliable(settings)
    else { return [] }
    let level = NumberText.trimmed(100 * settings.confidence)
    let interval = "\((Double(ttft.mean) * 1e-9).fixed(2)) ± \((Double(half) * 1e-9).fixed(2))"
    return [
      row(
        "Mean TTFT, \(level) % interval (ms):",
        interval + (isReliable ? "" : " (too narrow: batches correlated)"))
    ]
  }

  /// What went over the links of a run with tiers.
  private var links: [String] {
    guard let memory else { return [] }
    var parts: [String] = []
    var last: String?
    for link in memory.links {
      let way = link.direction == .both ? "" : "\(link.direction.rawValue) "
      let busy = link.busyShare.map { " (\(NumberText.trimmed(100 * $0, 1)) % busy)" } ?? ""
      let text = "\(way)\(NumberText.bytes(Bytes(Double(link.bytes))))\(busy)"
      if link.link == last {
        parts[parts.count - 1] += ", \(text)"
      } else {
        parts.append("\(link.link) \(text)")
      }
      last = link.link
    }
    if let share = memory.stallShare {
      parts.append("stalled on copies \(NumberText.trimmed(100 * share, 1)) %")
    }
    return ["links: \(parts.joined(separator: "; "))"]
  }

  private func row(_ name: String, _ value: String) -> String {
    name + String(repeating: " ", count: max(1, 41 - name.count)) + value
  }

  private func plain(_ value: Double?) -> String { NumberText.plain(value, 2) }

  /// Python's `"{:c^50}"`: of an odd filling the longer part goes to the right.
  private static func centred(_ text: String, _ fill: String) -> String {
    let left = (50 - text.count) / 2
    return String(repeating: fill, count: left) + text
      + String(repeating: fill, count: 50 - text.count - left)
  }
}
