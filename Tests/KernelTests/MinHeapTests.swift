import Kernel
import TestSupport
import Testing

@Suite struct MinHeapTests {
  @Test func `keys leave in ascending order`() {
    var random = SplitMix(seed: 1)
    for size in [0, 1, 2, 3, 10, 1000] {
      let keys = (0..<size).map { _ in random.next() }
      var heap = MinHeap<UInt64>()
      for key in keys { heap.push(key) }
      #expect(heap.count == size)
      var drained: [UInt64] = []
      while let key = heap.first {
        drained.append(key)
        heap.removeFirst()
      }
      #expect(drained == keys.sorted())
      #expect(heap.count == 0)
    }
  }

  @Test func `pushes and removals in any order agree with a sorted array`() {
    var random = SplitMix(seed: 2)
    var heap = MinHeap<UInt64>()
    var model: [UInt64] = []
    for i in 0..<(isDebug ? 3000 : 30_000) {
      if random.below(5) < 2, !model.isEmpty {
        heap.removeFirst()
        model.removeFirst()
      } else {
        let key = UInt64(random.below(50))  // equal keys are common
        heap.push(key)
        model.insert(key, at: model.firstIndex { $0 >= key } ?? model.count)
      }
      #expect(heap.first == model.first, "operation \(i)")
      #expect(heap.count == model.count, "operation \(i)")
    }
  }
}
