import Catalog
import Cost
import Testing
import Units

/// The host's share of steps, by an engine whose figures tell which term is which.
@Suite struct HostWorkTests {
  private func profile(_ change: (inout EngineProfile) -> Void) -> EngineProfile {
    var profile = EngineProfile(name: "mine", hostTime: Seconds(2e-3))
    profile.hostTimePerSequence = Seconds(10e-6)
    change(&profile)
    return profile
  }

  private func time(_ profile: EngineProfile, _ shape: StepShape) throws -> Double {
    let deployment = try deploy("llama-3.1-8b", "h100-80gb-sxm", profile: profile)
    return Calibrated(Calibrated.Options(), deployment).time(of: shape).value
  }

  private var mixed: StepShape {
    var shape = StepShape.decode(20, context: 500)
    shape.addChunk(tokens: 100, after: 0)
    shape.addChunk(tokens: 200, after: 0)
    return shape
  }

  @Test func `a host that waits adds its time, for each decode and each chunk too`() throws {
    let bare = try time(.none, mixed)
    #expect(near(try time(profile { _ in }, mixed), bare + 2.22e-3))
    #expect(near(try time(profile { _ in }, StepShape()), 2e-3))
  }

  @Test func `launches one by one hide behind the GPU and show where it is sooner done`() throws {
    let (decode, bare) = (StepShape.decode(20, context: 500), try time(.none, mixed))
    let alone = try time(.none, decode)
    for (layer, total) in [(1e-6, 32e-6), (2e-3, 64e-3)] {
      let eager = profile {
        $0.launches = .everyStep
        $0.launchTimePerLayer = Seconds(layer)
      }
      #expect(near(try time(eager, mixed), 2.22e-3 + max(bare, total)))
      #expect(near(try time(eager, decode), 2.2e-3 + max(alone, total)))
      var prompts = eager
      prompts.launches = .promptSteps
      #expect(near(try time(prompts, mixed), 2.22e-3 + max(bare, total)))
      #expect(near(try time(prompts, decode), 2.2e-3 + alone))
      var graphs = eager
      graphs.launches = .never
      #expect(near(try time(graphs, mixed), 2.22e-3 + bare))
    }
  }

  @Test func `a host that works ahead shows only when it is the slower one, and in the gap`()
    throws
  {
    let bare = try time(.none, mixed)
    func overlapped(_ host: Double) -> EngineProfile {
      profile {
        $0.hostTime = Seconds(host)
        $0.isOverlapped = true
        $0.gap = Seconds(0.3e-3)
      }
    }
    #expect(near(try time(overlapped(1e-3), mixed), bare + 0.3e-3))
    #expect(near(try time(overlapped(0.1), mixed), 0.1 + 0.22e-3 + 0.3e-3))
    var launching = overlapped(1e-3)
    launching.launches = .everyStep
    launching.launchTimePerLayer = Seconds(2e-3)
    // Preparing and launching are both the host's.
    #expect(near(try time(launching, mixed), 1.22e-3 + 64e-3 + 0.3e-3))
  }
}
