import Testing
import Units

@Suite struct IdentifiersTests {
  @Test func `a request is its row`() {
    #expect(RequestID(7).row == 7)
    #expect(RequestID(7) == RequestID(7))
    #expect(RequestID(7) != RequestID(8))
    #expect(RequestID(Int(Int32.max)).row == 2_147_483_647)
  }
}
