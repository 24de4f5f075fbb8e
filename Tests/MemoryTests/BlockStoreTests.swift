import Memory
import Testing

@Suite struct BlockStoreTests {
  private func take(_ count: Int32, keeping reserve: Int32 = 0, from store: inout BlockStore)
    -> Bool
  { store.take(count, keeping: reserve) }

  @Test func `a pool starts free`() {
    let store = BlockStore(total: 10)
    #expect((store.total, store.used, store.available) == (10, 0, 10))
  }

  @Test func `blocks are taken and given back`() {
    var store = BlockStore(total: 10)
    #expect(take(4, from: &store))
    #expect(take(6, from: &store))
    #expect((store.used, store.available) == (10, 0))
    store.give(7)
    #expect((store.used, store.available) == (3, 7))
  }

  @Test func `a refused request leaves no trace`() {
    var store = BlockStore(total: 10)
    #expect(take(8, from: &store))
    #expect(!take(3, from: &store))
    #expect((store.used, store.available) == (8, 2))
    #expect(take(2, from: &store))
  }

  @Test func `a reserve stays available`() {
    var store = BlockStore(total: 10)
    #expect(!take(8, keeping: 3, from: &store))
    #expect(store.used == 0)
    #expect(take(7, keeping: 3, from: &store))
    #expect(!take(0, keeping: 4, from: &store))
    #expect(take(3, from: &store))
  }

  @Test func `nothing can be taken from a full pool but nothing`() {
    var store = BlockStore(total: 0)
    #expect(take(0, from: &store))
    #expect(!take(1, from: &store))
  }

  @Test func `giving back what was never taken stops the process`() async {
    await #expect(processExitsWith: .failure) {
      var store = BlockStore(total: 10)
      _ = store.take(3)
      store.give(4)
    }
  }
}
