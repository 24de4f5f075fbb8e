import Kernel
import Metrics
import Schedulers
import Serving
import Testing
import Units

@Suite struct StaticBatchTests {
  private func scheduler(_ batch: Int = 256, length: Int32 = 32) -> StaticBatch {
    var options = StaticBatch.Options()
    options.maxBatchSize = batch
    return StaticBatch(options, Scenario.context(length: length))
  }

  @Test func `no batch is formed before the last request of the one that runs is done`() {
    let record = Scenario(
      [Request(0, 5, 2), Request(0, 5, 4), Request(0, 5, 2)], scheduler(2)
    ).run()
    #expect(
      record.log() == [
        Step(0, 10, prefill: 10),
        Step(10, 20, decodes: 2),  // the first is done, its place stays empty
        Step(20, 30, decodes: 1),
        Step(30, 40, decodes: 1),
        Step(40, 45, prefill: 5),
        Step(45, 55, decodes: 1),
      ])
    #expect(record.ends == [20, 40, 55])
  }

  @Test func `an arrival waits for the batch although there is room`() {
    let record = Scenario([Request(0, 5, 3), Request(6, 5, 1)], scheduler()).run()
    #expect(record.starts == [0, 25])
    #expect(record.ends == [25, 30])
  }

  @Test func `whoever waits at a batch's end is in the next`() {
    // The third arrives at the very end of the batch.
    let record = Scenario(
      [Request(0, 5, 3), Request(6, 5, 1), Request(25, 7, 1)], scheduler()
    ).run()
    #expect(record.starts == [0, 25, 25])
    #expect(record.ends == [25, 37, 37])
  }

  @Test func `a batch is as large as the regions of the model's length`() {
    var scenario = Scenario((0..<5).map { _ in Request(0, 4, 2) }, scheduler(length: 32))
    (scenario.blocks, scenario.maxModelLength) = (64, 32)
    #expect(scenario.run().log().map(\.prefill) == [8, 0, 8, 0, 4, 0])
  }

  @Test func `what no region could hold is unservable`() {
    var scenario = Scenario([Request(0, 4, 2)], scheduler(length: 65))
    (scenario.blocks, scenario.maxModelLength) = (127, 65)
    #expect(scenario.run().requests.isRejected == [true])
    scenario.blocks = 128
    #expect(scenario.run().requests.isRejected == [false])
  }

  @Test func `settings out of range are refused`() {
    var options = StaticBatch.Options()
    #expect(options.fault == nil)
    options.maxBatchSize = 0
    #expect(options.fault == "max_batch_size must be at least 1")
  }
}
