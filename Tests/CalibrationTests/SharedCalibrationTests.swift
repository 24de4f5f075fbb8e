import Calibration
import Catalog
import Cost
import TestSupport
import Testing
import Units

/// Fits to the shared measurements stand still when rows are left out.
@Suite struct SharedCalibrationTests {
  @Test(
    .enabled(if: !isDebug, "skipped: tens of thousands of rows, release only"),
    arguments: Shared.files.map(\.gpu))
  func `a fifth of the rows moves no constant by three standard errors`(name: String) throws {
    let gpu = try #require(GPU.named(name))
    guard let rows = try Shared.measurements(of: gpu) else { return }
    let current = KernelProfile(of: gpu)
    let whole = try KernelCalibration(rows, on: gpu, current: current)
    var largest = (shift: 0.0, what: "")
    for seed: UInt64 in 1...2 {
      var random = Congruential(state: seed)
      let kept = Self.most(of: rows, &random)
      let part = try KernelCalibration(kept, on: gpu, current: current)
      #expect(part.fits.map(\.name) == whole.fits.map(\.name))
      for (a, b) in zip(whole.fits, part.fits) {
        for (x, y) in zip(a.constants, b.constants) {
          let shift = abs(x.value - y.value) / x.standardError
          #expect(shift <= 3, "seed \(seed): \(x.parameter.name) \(x.value) -> \(y.value)")
          if shift > largest.shift { largest = (shift, "\(x.parameter.name), seed \(seed)") }
        }
      }
    }
    print("largest shift on \(name): \(largest.shift) standard errors, \(largest.what)")
  }

  /// Four fifths of the rows of each class, in their order.
  private static func most(
    of rows: [Measurement], _ random: inout Congruential
  ) -> [Measurement] {
    var places: [String: [Int]] = [:]  // only looked up
    for (i, row) in rows.enumerated() { places[row.fits, default: []].append(i) }
    var isDropped = [Bool](repeating: false, count: rows.count)
    for name in Set(rows.map(\.fits)).sorted() {
      for i in (places[name] ?? []).shuffled(using: &random).prefix((places[name]?.count ?? 0) / 5)
      {
        isDropped[i] = true
      }
    }
    return rows.indices.filter { !isDropped[$0] }.map { rows[$0] }
  }
}
