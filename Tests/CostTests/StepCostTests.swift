import Catalog
import Cost
import Kernel
import Testing
import Units

/// Properties that every model of step time has.
@Suite struct StepCostTests {
  private func costs(_ deployment: Deployment) -> [any CostModel] {
    var prices = Linear.Options()
    prices.prefillToken = Seconds(160e-6)
    prices.decodeStep = Seconds(7e-3)
    return [
      Calibrated(Calibrated.Options(), deployment), Roofline(NoOptions(), deployment),
      Linear(prices, deployment),
    ]
  }

  @Test(arguments: GPU.all) func `time never falls when a count grows`(_ gpu: GPU) throws {
    let grow: [(inout StepShape) -> Void] = [
      { $0.decodes += 1 }, { $0.context += 1 }, { $0.prefillTokens += 1 },
      { $0.prefillPairs += 1 }, { $0.prefillKeys += 1 }, { $0.chunks += 1 }, { $0.samples += 1 },
      { $0.prefillBlocks += 1 }, { $0.longestChunk += 1 }, { $0.largestChunk += 64 },
      { $0.longestContext += 1 }, { $0.addChunk(tokens: 200, after: 1000) },
      { $0.decodes += 50 }, { $0.prefillTokens += 500 }, { $0.context += 5000 },
    ]
    var random = LinearCongruential(state: 1)
    for layout in layouts {
      let deployment = try deploy(
        layout.model, gpu.name, tensor: layout.tensor, pipeline: layout.pipeline)
      for cost in costs(deployment) {
        for _ in 0..<10 {
          let shape = StepShape.random(&random)
          let time = cost.time(of: shape)
          for change in grow {
            var larger = shape
            change(&larger)
            #expect(cost.time(of: larger) >= time, "\(gpu.name) \(layout) \(shape) \(larger)")
          }
        }
      }
    }
  }

  @Test(arguments: GPU.all) func `no step is faster than the peaks allow`(_ gpu: GPU) throws {
    var random = LinearCongruential(state: 2)
    for layout in layouts {
      let deployment = try deploy(
        layout.model, gpu.name, tensor: layout.tensor, pipeline: layout.pipeline)
      let calibrated = Calibrated(Calibrated.Options(), deployment)
      let roofline = Roofline(NoOptions(), deployment)
      for _ in 0..<20 {
        let shape = StepShape.random(&random)
        let work = StepWork(of: shape, on: deployment)
        let shards = Double(layout.tensor)
        // The fastest arithmetic the GPU has, whatever the kernel's format.
        let peak = max(gpu.bf16.value, gpu.peak(.fp8).value)
        let floor = max(
          work.flops.value / (peak * shards), work.bytes.value / (gpu.bandwidth.value * shards))
        #expect(roofline.time(of: shape).value >= floor * (1 - 1e-12))
        #expect(calibrated.time(of: shape) >= roofline.time(of: shape), "\(layout) \(shape)")
        #expect(work.modelFLOPsUtilization(over: Seconds(1), on: deployment) >= 0)
      }
    }
  }

  @Test func `a leap's ends are bit-identical to steps one by one`() throws {
    var random = LinearCongruential(state: 3)
    for layout in layouts {
      let deployment = try deploy(
        layout.model, "h100-80gb-sxm", tensor: layout.tensor, pipeline: layout.pipeline,
        profile: .standard)
      for cost in costs(deployment) {
        for _ in 0..<50 {
          var shape = StepShape.random(&random)
          let count = Int.random(in: 1...40, using: &random)
          var ends = [Instant](repeating: .never, count: count + 1)
          var end = Instant(picoseconds: .random(in: 0...1 << 50, using: &random))
          cost.ends(of: shape, from: end, count: count, into: &ends)
          for i in 0..<count {
            end = end + cost.time(of: shape)
            shape.advance()
            #expect(ends[i] == end)
          }
          #expect(ends[count] == .never)
        }
      }
    }
  }

  @Test func `parts add to the time of the step`() throws {
    var random = LinearCongruential(state: 4)
    for layout in layouts {
      let deployment = try deploy(
        layout.model, "a100-80gb-sxm", tensor: layout.tensor, pipeline: layout.pipeline,
        profile: .standard)
      for cost in costs(deployment) {
        for _ in 0..<50 {
          let shape = StepShape.random(&random)
          let parts = cost.parts(of: shape)
          let sum = parts.parts.reduce(0) { $0 + $1.time.value }
          #expect(abs(sum - parts.total.value) <= 1e-12 * parts.total.value)
          #expect(parts.total == cost.time(of: shape))
        }
      }
    }
  }

  @Test func `names of the models are unique and a wrong option says why`() {
    #expect(costModels.map { $0.name } == ["calibrated", "roofline", "linear"])
    var prices = Linear.Options()
    #expect(prices.fault != nil)
    prices.prefillToken = Seconds(1)
    #expect(prices.fault == nil)
    prices.decodeStep = Seconds(-1)
    #expect(prices.fault != nil)
    var options = Calibrated.Options()
    #expect(options.fault == nil)
    options.allReduceEfficiency = 1.5
    #expect(options.fault != nil)
  }
}
