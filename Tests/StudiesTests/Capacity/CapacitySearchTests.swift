import Foundation
import Testing

@testable import Studies

/// The search alone, on margins whose roots are known.
@Suite struct CapacitySearchTests {
  typealias Reading = CapacitySearch.Reading

  private func domain(_ range: ClosedRange<Double> = 1e-9...1e9) -> CapacitySearch.Domain {
    CapacitySearch.Domain(range: range)
  }

  /// A search over a margin that grows with the value.
  private func search(
    _ domain: CapacitySearch.Domain, _ margin: @escaping (Double) -> Double
  ) -> CapacitySearch {
    CapacitySearch(domain) { Reading(margin: margin($0), meets: margin($0) <= 0) }
  }

  /// Shapes of margins around a root: a line, a knee, a step, a wall, one nearly flat below.
  static let shapes: [(name: String, margin: @Sendable (Double) -> Double)] = [
    ("line", { log($0) }),
    ("steep", { 40 * log($0) }),
    ("queue", { x in x < 1.9 ? log(x / (2 - x) * 0.95) : 8 }),
    ("step", { x in x <= 1 ? -0.01 : 4 }),
    ("knee", { x in x <= 1 ? 0.001 * (x - 1) : 15 * (x - 1) }),
    ("wall", { x in x < 1 ? -20 : 20 }),
    ("cubic", { x in (log(x) * log(x) * log(x)) }),
  ]

  @Test(arguments: CapacitySearchTests.shapes.indices, [0.001, 0.4, 1, 1.003, 30, 5000])
  func `the bracket closes around the root within the tolerance, in 20 probes`(
    shape: Int, start: Double
  ) throws {
    let margin = Self.shapes[shape].margin
    for root in [0.37, 1, 7.84, 6000.0] {
      for tolerance in [0.01, 0.05, 0.001] {
        var domain = domain()
        domain.tolerance = tolerance
        let search = search(domain) { margin($0 / root) }
        let end = try search.run(from: start * root)
        let name = "\(Self.shapes[shape].name) \(root) \(tolerance): \(search.points.count)"
        #expect(search.points.count <= 20)
        guard let easy = search.easy?.value, let hard = search.hard?.value else {
          Issue.record("no bracket: \(name)")
          continue
        }
        // Five steps reach the root, then a step of the margin takes bisections.
        if tolerance >= 0.01 { #expect(end == .closed, "\(name)") }
        if end == .closed { #expect(hard / easy - 1 <= tolerance * 1.000001, "\(name)") }
        #expect(margin(easy / root) <= 0 && margin(hard / root) > 0, "\(name)")
        #expect(easy < hard)
      }
    }
  }

  @Test func `a smooth margin takes fewer probes than bisection`() throws {
    var domain = domain()
    domain.tolerance = 0.0005
    let search = search(domain) { log($0 / 10) }
    #expect(try search.run(from: 9) == .closed)
    #expect(search.points.count <= 7, "\(search.points.map(\.value))")
  }

  @Test func `no value is probed twice and each has few digits`() throws {
    let search = search(domain()) { 3 * log($0 / 7.8123456) }
    _ = try search.run(from: 1)
    let values = search.points.map(\.value)
    #expect(Set(values).count == values.count)
    for value in values { #expect("\(value)".count <= 6, "\(value)") }
  }

  @Test(arguments: [1, 2, 3, 7, 64, 100, 999], [1.0, 3, 8, 4000])
  func `whole numbers are found exactly, both ways`(root: Int, start: Double) throws {
    for seeksLargest in [true, false] {
      var domain = domain(1...1_000_000)
      (domain.isWhole, domain.seeksLargest) = (true, seeksLargest)
      let edge = Double(root) + (seeksLargest ? 0.5 : -0.5)
      let search = search(domain) { (seeksLargest ? 1 : -1) * log($0 / edge) }
      let end = try search.run(from: start)
      #expect(search.easy?.value == Double(root))
      #expect(search.points.allSatisfy { $0.value == $0.value.rounded() })
      if !seeksLargest, root == 1 {
        #expect(end == .rangeEnd && search.hard == nil)
      } else {
        #expect(end == .closed && search.hard?.value == Double(root) + (seeksLargest ? 1 : -1))
      }
      #expect(search.points.count <= 20)
    }
  }

  @Test func `a range ends the search at its ends`() throws {
    let below = search(domain(1...5)) { log($0 / 10) }
    #expect(try below.run(from: 2) == .rangeEnd)
    #expect(below.easy?.value == 5 && below.hard == nil)
    let above = search(domain(20...50)) { log($0 / 10) }
    #expect(try above.run(from: 2) == .nothingMeets)
    #expect(above.points.map(\.value) == [20] && above.easy == nil)
  }

  @Test func `what always meets is unlimited, what never does is given up`() throws {
    let always = search(domain()) { _ in -1 }
    #expect(try always.run(from: 4) == .unlimited)
    #expect((always.easy?.value ?? 0) > 4e6 && always.points.count <= 8)
    let never = search(domain()) { _ in 0.3 }
    #expect(try never.run(from: 4) == .nothingMeets)
    var load = domain()
    load.isLoad = true
    let idle = search(load) { _ in 0.3 }
    #expect(try idle.run(from: 4) == .nothingMeets && idle.points.count == 3)
  }

  @Test func `the load that an overloaded run carries points at the answer`() throws {
    func probes(hinting: Bool) throws -> Int {
      let search = CapacitySearch(domain()) { rate in
        let isMet = rate <= 8
        let share = rate > 8.2 && hinting ? 8.2 / rate : nil
        return Reading(
          margin: isMet ? -0.5 : 2 + log(rate / 8), meets: isMet, loadShare: share)
      }
      #expect(try search.run(from: 900) == .closed)
      return search.points.count
    }
    #expect(try probes(hinting: true) <= 10)
    #expect(try probes(hinting: true) < probes(hinting: false))
  }

  @Test func `a noisy margin still ends with a probed value that met, below one that did not`()
    throws
  {
    for seed in 0..<200 {
      let search = search(domain()) { value in
        // A fixed pseudo-random ripple of up to 3 %.
        var bits = value.bitPattern &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(seed)
        bits = (bits ^ (bits >> 29)) &* 0xBF58_476D_1CE4_E5B9
        let ripple = Double(bits >> 11) * 0x1p-53
        return log(value / 10) + 0.06 * (ripple - 0.5)
      }
      let end = try search.run(from: 3)
      #expect(end == .closed)
      let (easy, hard) = (search.easy?.value ?? 0, search.hard?.value ?? 0)
      #expect(easy > 9.5 && easy < hard && hard < 10.5 && hard / easy <= 1.010001)
    }
  }

  @Test func `20 probes are the most, and what they leave open is said`() throws {
    var domain = domain()
    (domain.tolerance, domain.mostProbes) = (1e-4, 6)
    let search = search(domain) { $0 < 700 ? -20 : 20 }
    #expect(try search.run(from: 600) == .probeLimit)
    #expect(search.points.count == 6)
    #expect((search.easy?.value ?? 0) < 700 && (search.hard?.value ?? 0) >= 700)
  }
}
