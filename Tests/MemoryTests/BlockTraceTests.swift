import Kernel
import Memory
import Testing
import Units

@Suite struct BlockTraceTests {
  @Test func `the next use of a block is the next request with it`() {
    var trace = BlockTrace(blockCount: 4)
    trace.append([0, 1])
    trace.append([])
    trace.append([2])
    trace.append([0, 1, 3])
    trace.append([0])
    #expect(trace.ends == [2, 2, 3, 6, 7])
    #expect(trace.nextUses == [3, 3, .max, 4, .max, .max, .max])
  }

  @Test func `a trace without requests has no uses`() {
    #expect(BlockTrace(blockCount: 0).nextUses == [])
    let hits = replay(LRU.self, .init(), BlockTrace(blockCount: 0), capacity: 3)
    #expect(hits == CacheHits())
  }
}
