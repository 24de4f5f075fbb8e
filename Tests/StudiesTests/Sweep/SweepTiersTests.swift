import TestSupport
import Testing

/// Sweeps of experiments with tiers under HBM.
@Suite struct SweepTiersTests {
  private let tiers = [
    "copy_stall_s", "copy_stall_share", "copy_waiting_s", "num_transfers", "num_copies",
    "context_out_bytes", "context_in_bytes",
    "swapped_time_s", "swapped_wait_s", "swap_in_wait_s", "context_in_wait_s",
  ]

  private let sweep =
    sweepBase + """
        engine: {scheduler: vllm-v0, kv_pool_tokens: 1200, max_model_len: 1200}
      points:
        - {cluster.memory: {dram: {capacity: 8 GiB}}, engine.preemption: swap}
        - {}
      seeds: [1, 2]

      """

  @Test func `a table has columns of tiers where a point has any, merged or not`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(sweep, to: "s.yaml")
    _ = try directory.write(sweepBase + "seeds: [1, 2]\n", to: "plain.yaml")
    let script = """
      set -e
      "$0" sweep s.yaml --quiet --out one
      for i in 0 1; do "$0" sweep s.yaml --quiet --out two --shard $i/2; done
      "$0" merge two --quiet
      "$0" sweep plain.yaml --quiet --out plain
      """
    let outcome = try #require(try Binary.shell(script, in: directory))
    #expect(outcome.code == 0, "\(outcome.errors)")
    for file in ["sweep.csv", "seeds.csv", "columns.json"] {
      #expect(!directory.text(of: "one/\(file)").isEmpty)
      #expect(directory.text(of: "one/\(file)") == directory.text(of: "two/\(file)"), "\(file)")
    }
    let rows = table(directory.text(of: "one/sweep.csv"))
    #expect(rows.map { $0["status"] } == ["ok", "ok", "ok", "ok"])
    for column in tiers {
      #expect(rows.prefix(2).allSatisfy { Double($0[column] ?? "") != nil }, "\(column)")
      #expect(rows.suffix(2).allSatisfy { $0[column]?.isEmpty == true }, "\(column)")
    }
    #expect((Double(rows[0]["num_transfers"] ?? "") ?? 0) > 0)
    let means = table(directory.text(of: "one/seeds.csv"))
    let stalls = rows.prefix(2).compactMap { Double($0["copy_stall_share"] ?? "") }
    let mean = Double(means[0]["copy_stall_share"] ?? "") ?? -1
    #expect(abs(mean - (stalls[0] + stalls[1]) / 2) < 1e-15)
    let plain = directory.text(of: "plain/sweep.csv") + directory.text(of: "plain/sweep.json")
    #expect(!plain.contains("copy_stall") && !plain.contains("tiers"))
  }

  @Test func `scenarios may expect what tiers come to`() throws {
    let directory = try TestDirectory()
    let lines = sweepBase.split(separator: "\n").dropFirst().map { $0.dropFirst(2) + "\n" }
    _ = try directory.write(lines.joined(), to: "e.yaml")
    let scenario = """
      base: e.yaml
      set:
        engine.scheduler: vllm-v0
        engine.kv_pool_tokens: 1200
        engine.max_model_len: 1200
        engine.preemption: swap
        cluster.memory: {dram: {capacity: 8 GiB}}
      expect:
        num_transfers: {min: 1}
        copy_stall_share: {min: 0, max: 1}

      """
    _ = try directory.write(scenario, to: "s.yaml")
    let outcome = try #require(try Binary.martlet(["compare", "s.yaml"], in: directory))
    #expect(outcome.code == 0, "\(outcome.output) \(outcome.errors)")
  }
}
