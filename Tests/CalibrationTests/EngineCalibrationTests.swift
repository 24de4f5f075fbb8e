import Calibration
import Testing
import Units

/// Runs of an engine that adds its host time to what the GPU takes, or hides it there.
private struct Engine {
  let gpu: [Double]
  let sequences: [Double]
  var isOverlapped = false

  func times(_ constants: [Double]) -> [Double] {
    zip(gpu, sequences).map { gpu, sequences in
      let host = constants[0] + constants[1] * sequences
      return isOverlapped ? max(gpu, host) : gpu + host
    }
  }
}

@Suite struct EngineCalibrationTests {
  private let engine = Engine(
    gpu: (0..<40).map { 5e-3 + 2e-3 * Double($0 % 7) }, sequences: (0..<40).map { Double(1 + $0) })
  private let constants = Array(EngineConstant.all.prefix(2))

  @Test func `finds the host time that made the runs`() throws {
    let fit = try EngineCalibration(
      constants, from: [0.5e-3, 100e-6], measured: engine.times([2e-3, 30e-6]).map { Seconds($0) }
    ) { engine.times($0) }
    #expect(abs(fit.constants[0].value - 2e-3) < 2e-5)
    #expect(abs(fit.constants[1].value - 30e-6) < 5e-7)
    #expect(fit.before.medianAbsolute > 1 && fit.after.medianAbsolute < 0.1)
    #expect(fit.constants.allSatisfy { $0.standardError != nil })
  }

  @Test func `standard errors are those of the plane that the values came from`() throws {
    let measured = engine.times([2e-3, 0]).enumerated().map {
      Seconds($1 * (1 + 0.01 * Double($0 % 3 - 1)))
    }
    func fit(rounds: Int) throws -> EngineCalibration.Constant {
      var options = EngineCalibration.Options()
      options.rounds = rounds
      var calls = 0
      let fit = try EngineCalibration(
        Array(constants.prefix(1)), from: [1e-3, 0], measured: measured, options: options
      ) { values in
        calls += 1
        // The second plane is ten times too steep, so that its point is worse than the first's.
        let steep = calls == 4 ? 1e-3 : 0
        return engine.times([values[0] + steep, 0])
      }
      return fit.constants[0]
    }
    let (one, two) = (try fit(rounds: 1), try fit(rounds: 2))
    #expect(one.value == two.value)
    #expect(try #require(one.standardError) > 0 && one.standardError == two.standardError)
  }

  @Test func `a constant that the runs hide keeps its value and says so`() throws {
    let hidden = Engine(gpu: engine.gpu, sequences: engine.sequences, isOverlapped: true)
    #expect(throws: CalibrationError.self) {
      _ = try EngineCalibration(
        constants, from: [1e-4, 1e-6], measured: hidden.gpu.map { Seconds($0 * 1.1) }
      ) { hidden.times($0) }
    }
  }

  @Test func `a constant that is not there is 0`() throws {
    let fit = try EngineCalibration(
      constants, from: [1e-3, 20e-6], measured: engine.times([3e-3, 0]).map { Seconds($0) }
    ) { engine.times($0) }
    #expect(abs(fit.constants[0].value - 3e-3) < 5e-5 && fit.constants[1].value < 1e-6)
  }

  @Test func `four rows give one constant, three none`() throws {
    let measured = engine.times([2e-3, 30e-6]).map { Seconds($0) }
    let fit = try EngineCalibration(
      constants, from: [1e-3, 30e-6], measured: Array(measured[..<4])
    ) { Array(engine.times($0)[..<4]) }
    #expect(fit.constants.map(\.name) == ["host_time"])
    #expect(abs(fit.constants[0].value - 2e-3) < 2e-5)
    #expect(throws: CalibrationError.self) {
      _ = try EngineCalibration(constants, from: [1e-3, 0], measured: Array(measured[..<3])) {
        Array(engine.times($0)[..<3])
      }
    }
  }
}
