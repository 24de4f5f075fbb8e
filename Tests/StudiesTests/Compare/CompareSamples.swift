import Files
import Foundation
import Studies
import TestSupport

/// An experiment of a few milliseconds; `lines` come at its end.
func smallExperiment(
  prefill: String = "100 us", rate: Double = 15, requests: Int = 300, _ lines: String = ""
) -> String {
  """
  name: small
  model: llama-3-8b
  cluster: {gpu: a100-80gb-sxm}
  engine: {cost: {name: linear, prefill_token: \(prefill), decode_step: 5 ms}}
  workload:
    generate:
      requests: \(requests)
      arrivals: {process: poisson, rate: \(rate)}
      input_tokens: {distribution: lognormal, mean: 200, cv: 1, max: 1000}
      output_tokens: {distribution: exponential, mean: 20, max: 100}
  output: {timeseries: false}
  \(lines)

  """
}

/// One row of a made-up sweep.csv.
struct SweepRow {
  var scheduler = "vllm-v1"
  var seed = 1
  var p99: String
  var throughput = "100"
  var status = "ok"
  var trace = ""
}

/// A sweep.csv over engine.scheduler with the columns that a comparison needs.
func sweepTable(_ rows: [SweepRow]) -> String {
  var text =
    "point,seed,engine.scheduler,num_prompts,request_rate,completed,failed,total_input_tokens,"
    + "total_output_tokens,output_throughput,p99_ttft_ms,trace_hash,status,error\n"
  for (i, row) in rows.enumerated() {
    // Tokens tell seeds apart, as drawn ones do.
    text +=
      "\(i),\(row.seed),\(row.scheduler),10,2.0,10,0,\(1000 + row.seed),500,\(row.throughput),"
      + "\(row.p99),\(row.trace),\(row.status),\n"
  }
  return text
}

/// What `--json` says, as far as tests look at it.
struct ComparedJSON: Decodable {
  struct Row: Decodable {
    let metric: String
    let method: String
    let verdict: String
    let reason: String?
    let runsA: Int
    let runsB: Int
    let relativeDifference: Double?
    let relativeLow: Double?
    let relativeHigh: Double?
    let intervalConfidence: Double?
  }
  let verdict: String
  let intervals: Int
  let rows: [Row]
  let onlyInA: [String]
  let onlyInB: [String]
  let notes: [String]

  /// The row of `metric`, the first one.
  func row(_ metric: String) -> Row? { rows.first { $0.metric == metric } }
}

extension TestDirectory {
  /// A pool for comparisons in this process.
  static var pool: RunPool { RunPool(jobs: 2, clock: { 0 }, report: { _ in }) }

  /// Compares two files of this directory.
  func compared(
    _ a: String, _ b: String, seeds: [UInt64] = [], tolerances: [String] = [],
    metrics: String? = nil, confidence: String = "99%"
  ) throws -> ComparedJSON {
    let settings = try CompareSettings(
      tolerances: tolerances, metrics: metrics, confidence: confidence)
    let answer = try CompareAnswer.of(
      "\(path)/\(a)", "\(path)/\(b)", RunChanges(seeds: seeds), settings,
      in: Self.pool)
    let json = try decoded(ComparedJSON.self, from: answer.json.text)
    // Both ways of saying it agree.
    let verdict = answer.isWorse ? "worse" : answer.isMissing ? "missing" : "not worse"
    guard json.verdict == verdict else { throw CocoaError(.coderInvalidValue) }
    return json
  }
}
