import Catalog
import Cost
import Kernel
import Testing
import Units

/// A deployment of catalogue names.
func deploy(
  _ model: String, _ gpu: String, tensor: Int = 1, pipeline: Int = 1,
  profile: EngineProfile = .none
) throws -> Deployment {
  try Deployment(
    model: try #require(Model.named(model)), gpu: try #require(GPU.named(gpu)),
    tensorParallel: tensor, pipelineParallel: pipeline, profile: profile)
}

extension StepShape {
  /// `batch` sequences that decode over `context` tokens each.
  static func decode(_ batch: Int, context: Int) -> StepShape {
    var shape = StepShape()
    shape.decodes = Int32(batch)
    shape.context = Int64(batch * context)
    shape.longestContext = Int32(context)
    shape.lengthening = Int32(batch)
    shape.samples = Int32(batch)
    return shape
  }

  /// One whole prompt of `tokens` tokens.
  static func prompt(_ tokens: Int) -> StepShape {
    var shape = StepShape()
    shape.addChunk(tokens: Int32(tokens), after: 0)
    shape.samples = 1
    return shape
  }

  /// Any mixture of decodes and chunks of prompts.
  static func random(_ random: inout some RandomNumberGenerator) -> StepShape {
    var shape = StepShape()
    if Bool.random(using: &random) {
      shape.decodes = .random(in: 1...600, using: &random)
      let mean = Int64.random(in: 1...20_000, using: &random)
      shape.context = Int64(shape.decodes) * mean
      shape.longestContext = Int32(mean) + .random(in: 0...5000, using: &random)
      shape.lengthening = .random(in: 0...shape.decodes, using: &random)
    }
    if Bool.random(using: &random) {
      let tokens = Int64.random(in: 1...16_384, using: &random)
      let before = Int64.random(in: 0...50_000, using: &random)
      shape.addChunk(tokens: Int32(tokens), after: Int32(before))
    }
    shape.samples = shape.decodes + .random(in: 0...shape.chunks, using: &random)
    return shape
  }
}

/// Knuth's linear congruential generator: the same numbers on every machine.
struct LinearCongruential: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}

/// Layouts that the properties are checked on: every kind of model, with and without NVLink.
let layouts: [(model: String, tensor: Int, pipeline: Int)] = [
  ("llama-3.1-8b", 1, 1), ("llama-2-70b", 8, 1), ("opt-13b", 2, 1), ("mixtral-8x7b", 4, 2),
  ("deepseek-v3", 8, 2), ("qwen3-30b-a3b", 8, 1), ("qwen2.5-7b", 4, 4), ("phi-2", 1, 2),
]
