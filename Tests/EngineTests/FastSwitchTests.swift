import Metrics
import Schedulers
import Testing
import Units

@Suite struct FastSwitchTests {
  private func fastSwitch(
    groups: Bool = true, asynchronous: Bool = true, reuse: Bool = true
  ) -> FastSwitch {
    var options = FastSwitch.Options()
    options.updateInterval = 5
    options.blockGroups = groups
    options.asynchronous = asynchronous
    options.reuse = reuse
    return FastSwitch(options, Rotation.context)
  }

  @Test func `without its mechanisms it is priority`() {
    var options = PriorityOptions()
    options.updateInterval = 5
    let rotation = Rotation(isConversation: true)
    let base = rotation.run(Priority(options, Rotation.context))
    let bare = rotation.run(fastSwitch(groups: false, asynchronous: false, reuse: false))
    #expect(bytes(bare) == bytes(base))
  }

  @Test func `groups of neighbours take fewer copies for the same bytes`() {
    let rotation = Rotation()
    let blocks = rotation.run(fastSwitch(groups: false, asynchronous: false, reuse: false))
    let groups = rotation.run(fastSwitch(asynchronous: false, reuse: false))
    #expect(groups.totals.swapOutBytes == blocks.totals.swapOutBytes)
    // Six to nine blocks a turn lie in one to three runs.
    #expect(3 * groups.totals.copyStallTime < blocks.totals.copyStallTime)
  }

  @Test func `copies beside the steps keep them from little`() {
    let rotation = Rotation()
    let waits = rotation.run(fastSwitch(asynchronous: false, reuse: false))
    let runs = rotation.run(fastSwitch(reuse: false))
    #expect(2 * runs.totals.copyStallTime < waits.totals.copyStallTime)
  }

  @Test func `what the host has does not go out again`() {
    let rotation = Rotation(isConversation: true)
    let all = rotation.run(fastSwitch(asynchronous: false, reuse: false)).totals
    let new = rotation.run(fastSwitch(asynchronous: false)).totals
    #expect(new.preemptions == all.preemptions && new.swapInBytes == all.swapInBytes)
    #expect(new.swapOutBytes < all.swapOutBytes)
    // All that is ever computed goes out once, and a block that grew after it went, again.
    let once = Int64(rotation.turns) * ((96 + 40 + 30 + 20) / 16) * Rotation.bytesPerBlock
    #expect(new.swapOutBytes >= once)
  }
}
