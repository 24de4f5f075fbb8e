import Files
import Testing

@Suite struct WarningsTests {
  private final class Lines {
    var all: [String] = []
  }

  @Test func `each kind is printed once and counted at the end`() {
    let lines = Lines()
    var warnings = Warnings { lines.all.append($0) }
    warnings.warn("unservable request", "request 3 never fits")
    warnings.warn("unservable request", "request 9 never fits")
    warnings.warn("dropped row", "t.csv:4: no tokens", count: 1)
    warnings.warn("nothing", "never printed", count: 0)
    warnings.warn("unservable request", "request 12 never fits", count: 5)
    warnings.finish()
    #expect(
      lines.all == [
        "warning: request 3 never fits", "warning: t.csv:4: no tokens",
        "warning: unservable request: 7 times",
      ])
  }
}
