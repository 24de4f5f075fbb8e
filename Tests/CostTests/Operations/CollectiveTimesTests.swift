import Catalog
import Cost
import Testing
import Units

@Suite struct CollectiveTimesTests {
  private let mebibyte = 1024.0 * 1024

  private var kernels: KernelProfile {
    var kernels = KernelProfile.blank
    for link in [\KernelProfile.nvlink, \.hostBus] {
      for ring in [\LinkCollectives.allReduce, \.gather, \.allToAll] {
        kernels[keyPath: link][keyPath: ring].latency = 4e-6
        kernels[keyPath: link][keyPath: ring].perHop = 1e-6
        kernels[keyPath: link][keyPath: ring].offset = 0.5
        kernels[keyPath: link][keyPath: ring].slope = 0.8
        kernels[keyPath: link][keyPath: ring].ramp = 16e-6
      }
      kernels[keyPath: link].engine.latency = 4e-6
      kernels[keyPath: link].engine.perPeer = 0.1e-6
      kernels[keyPath: link].engine.oneShot = 2
      kernels[keyPath: link].engine.twoShotLatency = 3e-6
      kernels[keyPath: link].engine.twoShotPerPeer = 0.5e-6
      kernels[keyPath: link].engine.twoShot = 1.5
    }
    return kernels
  }

  private func ring(
    _ kind: Collective, _ gpus: Int, _ bytes: Double, nvlink: Bool = true
  ) -> Double {
    Cost.Operation.collective(kind, gpus: gpus, bytes: bytes, overNVLink: nvlink)
      .time(on: .round(), kernels).value
  }

  private func engine(
    _ gpus: Int, _ bytes: Double, nvlink: Bool = true, on gpu: GPU = .round()
  ) -> Double {
    Cost.Operation.engineAllReduce(gpus: gpus, bytes: bytes, overNVLink: nvlink)
      .time(on: gpu, kernels).value
  }

  @Test(arguments: [
    (Collective.allReduce, 2, 2, 1.0), (.allReduce, 4, 6, 1.5), (.allReduce, 8, 14, 1.75),
    (.allGather, 2, 1, 0.5), (.reduceScatter, 4, 3, 0.75), (.allToAll, 8, 7, 0.875),
  ])
  func `a collective is latency, hops, traffic and the ramp of its pipeline`(
    kind: Collective, gpus: Int, hops: Double, share: Double
  ) {
    for x in [0, 1e-7, 1e-4, 1e-2] {
      let fixed = 4e-6 + hops * 1e-6 + (16e-6 * share * x).squareRoot()
      // Over 100 GB/s of NVLink, and over 50 GB/s of the bus with 0.8 more for each doubling.
      let fast = fixed + max(share, 0.5 + 0.8 * share) * x
      #expect(near(ring(kind, gpus, x * 100e9), fast))
      let doublings = gpus == 2 ? 0.0 : gpus == 4 ? 1 : 2
      let slow = fixed + share * (0.5 + 0.8 * doublings) * x
      #expect(near(ring(kind, gpus, x * 50e9, nvlink: false), slow))
    }
  }

  @Test func `three GPUs on a bus lie halfway between two and four`() {
    // share(3) = 4/3, half a doubling.
    let x = 1e-2
    let expected = 8e-6 + (16e-6 * 4 / 3 * x).squareRoot() + 4.0 / 3 * (0.5 + 0.8 * 0.5) * x
    #expect(near(ring(.allReduce, 3, x * 50e9, nvlink: false), expected))
  }

  @Test func `a switch that reduces spares the ring's traffic, from three GPUs on`() {
    var kernels = kernels
    kernels.nvlink.allReduce.inSwitch = 1.4
    func time(_ gpus: Int) -> Double {
      Cost.Operation.collective(.allReduce, gpus: gpus, bytes: 1e9, overNVLink: true)
        .time(on: .round(), kernels).value
    }
    func fixed(_ n: Double) -> Double {
      4e-6 + 2 * (n - 1) * 1e-6 + (16e-6 * 2 * (n - 1) / n * 10e-3).squareRoot()
    }
    #expect(near(time(2), fixed(2) + 1.3 * 10e-3))
    #expect(near(time(4), fixed(4) + 1.4 * 10e-3))
    #expect(near(time(8), fixed(8) + 1.4 * 10e-3))
    // Never below two GPUs: 0.5 + 0.8 = 1.3.
    kernels.nvlink.allReduce.inSwitch = 1.1
    #expect(near(time(8), fixed(8) + 1.3 * 10e-3))
  }

  @Test func `an engine reads all others at once, or scatters and gathers, whichever is sooner`() {
    // x = 1 µs: one shot of two GPUs takes 4.1 + 2; of eight 4.7 + 14 or 4.7 + 6.5 + 2.625.
    #expect(near(engine(2, 100e3), 6.1e-6))
    #expect(near(engine(8, 100e3, on: .round(.ampere)), 4.7e-6 + 6.5e-6 + 2.625e-6))
    #expect(near(engine(8, 10e3, on: .round(.ampere)), 4.7e-6 + 1.4e-6))
    // Where the switch adds up, every byte crosses once; but never faster than of two GPUs.
    #expect(near(engine(8, 100e3), 4.7e-6 + 6.5e-6 + 2e-6))
  }

  @Test func `buffers of 8 MiB and more go to NCCL and never take less time`() {
    let x = 8 * mebibyte / 100e9
    let own = 4.3e-6 + 4.5e-6 + max(2, 1.5 * 1.5) * x
    let ring = 10e-6 + 1.7 * x + (16e-6 * 1.5 * x).squareRoot()
    #expect(near(engine(4, 8 * mebibyte, on: .round(.ampere)), max(own, ring)))
    let below = engine(4, 8 * mebibyte - 1, on: .round(.ampere))
    #expect(near(below, own, within: 1e-6))
    #expect(below <= engine(4, 8 * mebibyte, on: .round(.ampere)))
  }

  @Test func `over the bus engines have an all-reduce for two GPUs only`() {
    #expect(near(engine(2, 50e3, nvlink: false), 6.1e-6))
    let x = 1e-6
    let ring = 10e-6 + 1.5 * 1.3 * x + (16e-6 * 1.5 * x).squareRoot()
    #expect(near(engine(4, 50e3, nvlink: false), ring))
  }

  @Test func `on a bus more GPUs never end sooner than the engine's kernel for two`() {
    var kernels = kernels
    kernels.hostBus.engine.latency = 60e-6
    let two = Cost.Operation.engineAllReduce(gpus: 2, bytes: 1e5, overNVLink: false)
    let three = Cost.Operation.engineAllReduce(gpus: 3, bytes: 1e5, overNVLink: false)
    #expect(three.time(on: .round(), kernels) >= two.time(on: .round(), kernels))
  }

  @Test func `every size follows the documented formula`() {
    var random = LinearCongruential(state: 14)
    for i in 0..<5000 {
      let gpu = GPU.round(i % 2 == 0 ? .hopper : .ampere)
      let kernels = KernelProfile.random(&random)
      let gpus = [2, 3, 4, 5, 6, 7, 8][i % 7]
      let bytes = Double.random(in: 0...(i % 3 == 0 ? 3e5 : 3e8), using: &random)
      for kind in Collective.allCases {
        for nvlink in [true, false] {
          let link = nvlink ? kernels.nvlink : kernels.hostBus
          let constants =
            kind == .allReduce ? link.allReduce : kind == .allToAll ? link.allToAll : link.gather
          let x = bytes / (nvlink ? 100e9 : 50e9)
          let expected = Reference.ring(constants, kind, n: Double(gpus), x: x, nvlink: nvlink)
          let operation = Cost.Operation.collective(
            kind, gpus: gpus, bytes: bytes, overNVLink: nvlink)
          #expect(near(operation.time(on: gpu, kernels).value, expected), "\(operation)")
        }
      }
      let own = Reference.engine(
        kernels.nvlink.engine, n: Double(gpus), x: min(bytes, 8 * mebibyte) / 100e9,
        inSwitch: i % 2 == 0)
      let ring = Reference.ring(
        kernels.nvlink.allReduce, .allReduce, n: Double(gpus), x: bytes / 100e9, nvlink: true)
      let operation = Cost.Operation.engineAllReduce(gpus: gpus, bytes: bytes, overNVLink: true)
      #expect(
        near(operation.time(on: gpu, kernels).value, bytes < 8 * mebibyte ? own : max(own, ring)))
    }
  }
}
