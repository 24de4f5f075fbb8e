internal import Catalog
internal import Units

/// What a step takes once the host's part is laid over the GPU's.
struct HostWork: Sendable {
  private let perStep: Double
  private let perSequence: Double
  private let launching: Double
  private let promptLaunching: Double
  private let launches: EngineProfile.Launches
  private let prompt: Double
  private let isOverlapped: Bool
  private let gap: Double

  init(_ deployment: Deployment) {
    let profile = deployment.profile
    perStep = profile.hostTime.value
    perSequence = profile.hostTimePerSequence.value
    launching = profile.launchTimePerLayer.value * Double(deployment.model.layers)
    promptLaunching = launching * profile.promptLaunches
    launches = profile.launches
    prompt = profile.promptTime.value
    isOverlapped = profile.isOverlapped
    gap = profile.gap.value
  }

  /// What the host does for a step that is not the GPU's business.
  struct Step: Sendable {
    fileprivate let host: Double
    fileprivate let launch: Double
    fileprivate let prompt: Double
    fileprivate let gap: Double
    fileprivate let isOverlapped: Bool

    /// The time of the step when the GPU takes `gpu`.
    func time(_ gpu: Double) -> Double {
      (isOverlapped ? max(gpu, host + launch) + gap : host + max(gpu, launch)) + prompt
    }
  }

  /// The host's part of a step of `shape`.
  func step(_ shape: StepShape) -> Step {
    let sequences = Double(shape.decodes) + Double(shape.chunks)
    let hasPrompts = shape.prefillTokens > 0
    let launch =
      switch launches {
      case .never: 0.0
      case .promptSteps: hasPrompts ? promptLaunching : 0
      case .everyStep: hasPrompts ? promptLaunching : launching
      }
    return Step(
      host: perStep + perSequence * sequences, launch: launch, prompt: hasPrompts ? prompt : 0,
      gap: gap, isOverlapped: isOverlapped)
  }
}
