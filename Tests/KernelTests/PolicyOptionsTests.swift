import Foundation
import Kernel
import Testing

@Suite struct PolicyOptionsTests {
  private struct Picky: PolicyOptions {
    var size = 4
    var fault: String? { size < 1 ? "size must be at least 1" : nil }
  }
  private struct Easy: PolicyOptions {
    var size = 4
  }

  @Test func `options have no fault unless their policy says so`() {
    var (picky, easy) = (Picky(), Easy())
    #expect(picky.fault == nil)
    (picky.size, easy.size) = (0, 0)
    #expect(picky.fault == "size must be at least 1")
    #expect(easy.fault == nil)
  }

  @Test func `a policy without settings has nothing to write`() throws {
    #expect(String(decoding: try JSONEncoder().encode(NoOptions()), as: UTF8.self) == "{}")
    #expect(NoOptions().fault == nil)
  }
}
