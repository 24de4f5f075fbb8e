import Experiment
import Files
import Metrics
import TestSupport
import Testing

@Suite struct PrefixTreeConfigTests {
  private static let engine = """
    version: 1
    model: qwen2.5-7b
    cluster: {gpu: a100-80gb-sxm}
    engine:
      scheduler: batchllm
      prefix_cache: {enabled: true}
    """

  private func config(_ tree: String, engine: String = engine) throws -> ExperimentConfig {
    let text = """
      \(engine)
      workload:
        generate:
          arrivals: {process: burst}
          input_tokens: {distribution: fixed, value: 200}
          output_tokens: {distribution: fixed, value: 10}
      \(tree)
      """
    return try ExperimentConfig.read(text, file: "job.yaml")
  }

  private static let tree = """
        prefix_tree:
          levels:
            - children: {distribution: fixed, value: 4}
              tokens: {distribution: uniform, min: 100, max: 300}
          members: {distribution: fixed, value: 5}
    """

  private func refusal(_ tree: String, engine: String = engine) -> String {
    do {
      _ = try Assembly(config(tree, engine: engine))
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func `a tree is read, written and read again`() throws {
    let read = try config(Self.tree)
    let assembly = try Assembly(read)
    let table = try assembly.workload().requests
    #expect(table.count == 20)
    let yaml = read.effectiveYAML(assembly.resolved, in: ".")
    #expect(yaml.contains("order: shuffled") && yaml.contains("members:"))
    let again = try ExperimentConfig.read(yaml, file: "again.yaml")
    #expect(again.effectiveYAML(try Assembly(again).resolved, in: ".") == yaml)
    let same = try Assembly(again).workload().requests
    #expect(same.prompt == table.prompt && same.chains == table.chains)
  }

  @Test func `what cannot be is refused with its place`() {
    #expect(refusal(Self.tree + "\n    requests: 7").contains("says how many requests"))
    #expect(refusal(Self.tree + "\n      ordre: grouped").contains("ordre"))
    #expect(refusal(Self.tree + "\n      order: sorted").contains("shuffled"))
    #expect(refusal("    prefix_tree: {levels: [], members: 3}").contains("list"))
  }

  @Test func `reading prefixes once needs the cache, and is written where it is asked for`() throws
  {
    let asked = Self.engine + "\n  shared_prefix_attention: cascade"
    let read = try config(Self.tree, engine: asked)
    let yaml = read.effectiveYAML(try Assembly(read).resolved, in: ".")
    #expect(yaml.contains("shared_prefix_attention: cascade"))
    let plain = try config(Self.tree)
    #expect(
      !plain.effectiveYAML(try Assembly(plain).resolved, in: ".").contains("shared_prefix"))
    let off = asked.replacing("enabled: true", with: "enabled: false")
    #expect(refusal(Self.tree, engine: off).contains("needs the prefix cache"))
    let wrong = asked.replacing("cascade", with: "cascde")
    #expect(refusal(Self.tree, engine: wrong).contains("cascade"))
  }
}
