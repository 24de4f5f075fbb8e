import Foundation
import TestSupport

/// The base of the sweeps of these tests: 10 lines.
let sweepBase = """
  base:
    name: small
    model: llama-3-8b
    cluster: {gpu: a100-80gb-sxm}
    workload:
      generate:
        requests: 40
        arrivals: {process: poisson, rate: 30}
        input_tokens: {distribution: lognormal, mean: 200, cv: 1, max: 1000}
        output_tokens: {distribution: exponential, mean: 20, max: 100}

  """

/// 24 points with a failing and a stopped setting: 12 combinations, 2 seeds.
let sweepWithFailures =
  sweepBase + """
      output: {timeseries: false}
    vary:
      model: [llama-3-8b, llama-3.1-405b]
      engine.cost: [calibrated, roofline, {name: linear, decode_step: 30 d}]
      cluster.instances: [1, 2]
    seeds: [3, 4]

    """

extension TestDirectory {
  /// The text of the file called `name`; empty when there is none.
  func text(of name: String) -> String {
    (try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)) ?? ""
  }

  /// The inode of every finished point of the sweep in `name`: another one was written again.
  func points(in name: String) throws -> [String: UInt64] {
    var points: [String: UInt64] = [:]
    let directory = "\(path)/\(name)/points"
    let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    for file in files where file.hasSuffix(".row") {
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(directory)/\(file)")
      points[file] = (attributes[.systemFileNumber] as? NSNumber)?.uint64Value
    }
    return points
  }
}
