import Cluster
import Cost
import Kernel
import Memory
import Metrics
import Schedulers
import Serving
import TestSupport
import Testing
import Units

/// What every registered router must do, by its defaults; no code here names one.
@Suite struct RouterConformance {
  private static let seeds: Range<UInt64> = 0..<(isDebug ? 2 : 50)

  private func make(_ name: String, _ context: RouterContext) throws -> any Router {
    func make<R: Router>(_ type: R.Type) -> any Router { R(R.Options(), context) }
    let type = try #require(routers.first { $0.name == name })
    return make(type)
  }

  @Test func `names are unique, summaries are one line and say what a choice costs`() {
    #expect(Set(routers.map { $0.name }).count == routers.count)
    for type in routers {
      #expect(type.summary.contains("O(") && !type.summary.contains("\n"), "\(type.name)")
      #expect(type.name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" }, "\(type.name)")
    }
  }

  /// Picks of instances that are not open stop the program, so that is tested as well.
  @Test(arguments: routers.map { $0.name })
  func `nothing is lost and leaping equals single steps, whoever joins, leaves and fails`(
    name: String
  ) throws {
    var (finished, failed, moved) = (0, 0, 0)
    for seed in Self.seeds {
      let cluster = RandomCluster(seed: seed)
      let record = cluster.run(try make(name, cluster.context))
      let exact = cluster.run(try make(name, cluster.context), maxLeap: 1)
      #expect(record.stop == nil, "seed \(seed)")
      let text = clusterBytes(record)
      #expect(text == clusterBytes(exact), "seed \(seed)")
      if seed % 4 == 0 {
        let again = cluster.run(try make(name, cluster.context))
        #expect(text == clusterBytes(again), "seed \(seed)")
      }
      let r = record.requests
      for i in 0..<r.count {
        let ends = [r.finished[i] < .never, r.isRejected[i], r.isFailed[i]].count { $0 }
        #expect(ends == 1, "seed \(seed), row \(i)")
        if r.finished[i] < .never { finished += 1 }
        if r.isFailed[i] { failed += 1 }
        if r.migrations[i] > 0 { moved += 1 }
      }
    }
    #expect(finished > 20 * Self.seeds.count)
    if !isDebug { #expect(failed > 0 && moved > 0) }
  }
}
