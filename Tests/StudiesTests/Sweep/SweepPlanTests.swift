import Experiment
import Files
import Studies
import TestSupport
import Testing

/// What a sweep file means, and what it may not say.
@Suite struct SweepPlanTests {
  private func plan(_ lines: String) throws -> SweepPlan {
    try SweepPlan(sweepBase + lines, file: "sweep.yaml")
  }

  @Test func `the first key changes slowest, seeds fastest, explicit points come last`() throws {
    let plan = try plan(
      """
      vary:
        cluster.instances: [2, 1]
        engine.scheduler: [vllm-v1, orca-max, vllm-v0]
      points:
        - {engine.block_size: 32}
        - {cluster.instances: 4, engine.scheduler: orca-pow2}
      seeds: [9, 5]
      """)
    #expect(plan.keys == ["cluster.instances", "engine.scheduler", "engine.block_size"])
    let settings = plan.points.map { $0.cells.joined(separator: " ") }
    let expected = [
      "2 vllm-v1 ", "2 orca-max ", "2 vllm-v0 ", "1 vllm-v1 ", "1 orca-max ", "1 vllm-v0 ", "  32",
      "4 orca-pow2 ",
    ]
    #expect(settings == expected.flatMap { [$0, $0] })
    #expect(plan.points.map(\.config.seed) == expected.flatMap { _ in [9, 5] as [UInt64] })
    #expect(plan.points.map(\.index) == Array(0..<16))
    #expect(plan.points[13].config.engine.blockSize.value == 32)
    #expect(plan.points[15].config.cluster.instances.value == 4)
    #expect(plan.points[15].config.engine.scheduler.name.value == "orca-pow2")
  }

  @Test func `a key that a point leaves alone has the value of the base`() throws {
    let plan = try plan("points: [{cluster.gpu: h100-80gb-sxm}, {engine.block_size: 8}]")
    #expect(plan.points.map(\.cells) == [["h100-80gb-sxm", ""], ["a100-80gb-sxm", "8"]])
    #expect(plan.points.map(\.config.seed) == [1, 1])
  }

  @Test(arguments: [
    "engine.scheduler: [vllm-v0, vllm-v1]\n  engine.scheduler.max_num_seqs: [8, 16]",
    "engine.scheduler.max_num_seqs: [8, 16]\n  engine.scheduler: [vllm-v0, vllm-v1]",
  ])
  func `a policy and its option are varied together, in any order`(axes: String) throws {
    let points = try plan("vary:\n  \(axes)").points
    let found = points.map { point in
      let scheduler = point.config.engine.scheduler
      return scheduler.name.value + " " + scheduler.options.map(\.text).joined()
    }
    #expect(found.sorted() == ["vllm-v0 16", "vllm-v0 8", "vllm-v1 16", "vllm-v1 8"])
  }

  @Test func `seeds alone repeat the base`() throws {
    let plan = try plan("seeds: [1, 2, 3]")
    #expect(plan.keys.isEmpty && plan.points.map(\.config.seed) == [1, 2, 3])
  }

  @Test func `the hash stands for every point, not for the name of the file`() throws {
    let lines = "vary: {cluster.instances: [1, 2]}"
    let hash = try plan(lines).hash
    #expect(try SweepPlan(sweepBase + lines, file: "b/other.yaml").hash == hash)
    for other in [
      "vary: {cluster.instances: [2, 1]}", "vary: {cluster.instances: [1, 3]}",
      "vary: {cluster.instances: [1, 2]}\nseeds: [2]",
      "points: [{cluster.instances: 1}, {cluster.instances: 2.}]",
    ] {
      #expect(((try? plan(other).hash) ?? "") != hash, "\(other)")
    }
  }

  @Test func `a model that does not fit is a fault of its point`() throws {
    let points = try plan(
      """
      vary:
        model: [llama-3-8b, llama-3.1-405b]
        cluster.tensor_parallel: [1, 3]
      """
    ).points
    #expect(points.map { $0.misfit == nil } == [true, false, false, false])
    #expect(points[2].misfit?.contains("does not fit") == true, "\(points[2].misfit ?? "")")
    // A path or a line would differ from one command line to the next.
    #expect(points.allSatisfy { $0.misfit?.contains("sweep.yaml") != true })
  }

  @Test(arguments: [
    ("vary:\n  engine.block_sise: [16]", "sweep.yaml:12: unknown key \"block_sise\" (did you mean"),
    ("vary:\n  cluster.instances: [1, 0]", "sweep.yaml:12: cluster.instances 0 is out of range"),
    (
      "vary:\n  cluster.instances:\n    - 1\n    - two",
      "sweep.yaml:14: cluster.instances \"two\" is not a whole"
    ),
    ("vary:\n  model: [llama-3-8b, lama-3-8b]", "sweep.yaml:12: unknown model \"lama-3-8b\""),
    ("vary: {engine.scheduler: [vllm-v1, vlm]}", "sweep.yaml:11: unknown scheduler \"vlm\""),
    ("vary: {engine.scheduler.max_seqs: [1]}", "unknown option of scheduler"),
    ("vary: {workload.generate.requests.x: [1]}", "it has no key \"x\""),
    ("vary: {router: [round-robin, sticky]}", "sweep.yaml:11: unknown router \"sticky\""),
    ("vary: {cluster.instances: 3}", "sweep.yaml:11: cluster.instances is \"3\"; write the list"),
    ("vary: {cluster: {instances: [1]}}", "write the list of its values (nested keys are dotted)"),
    ("vary: {cluster.instances: []}", "sweep.yaml:11: cluster.instances has no value"),
    ("vary: {cluster.instances: [1, 2, 1]}", "cluster.instances has the value 1 twice"),
    ("vary: {a..b: [1]}", "\"a..b\" is no key"), ("vary: [1]", "vary is a list; write keys and"),
    ("vary: {seed: [1, 2]}", "seed is varied by seeds: [1, 2, 3], beside base"),
    ("points: [{seed: 2}]", "seed is varied by seeds"),
    ("points: {a: 1}", "points is a mapping; write a list"),
    ("points: [1]", "points has \"1\" in it; write a mapping"),
    ("points:\n  - cluster.gpus: 2", "sweep.yaml:12: unknown key \"gpus\""),
    ("seeds: 3", "seeds is \"3\"; write a list of whole numbers"),
    ("seeds: [1, 2, 1]", "seeds has 1 twice"), ("seeds: [-1]", "seeds -1 is out of range"),
    ("", "sweep.yaml: varies nothing"),
    ("vari: {}", "sweep.yaml:11: unknown key \"vari\" (did you mean \"vary\"?)"),
    (
      "vary: {cluster.instances: [1, 2]}\nseeds: [1]\nversion: 2",
      "sweep.yaml:13: version 2 is not known"
    ),
    (
      "points: [{workload: {trace: none.csv}}]", "none.csv: "
    ),
  ])
  func `what is wrong with any point is said before the first runs`(
    lines: String, fault: String
  ) {
    let said = message { _ = try plan(lines) }
    #expect(said.contains(fault), "\(said)")
    #expect(!said.contains("\n"))
  }

  @Test(arguments: [
    ("vary: {cluster.instances: [2]}\npoints:\n  - {cluster.instances: 2}", 13, "instances=2"),
    (
      "points:\n  - {engine.block_size: 8}\n  - {cluster.instances: 2}\n"
        + "  - {engine.block_size: 8}", 14, "engine.block_size=8 cluster.instances=null"
    ),
    (
      "vary: {cluster.gpu: [a100-80gb-sxm]}\npoints:\n  - {engine.block_size: 8}\n"
        + "  - {cluster.gpu: a100-80gb-sxm, engine.block_size: 8}", 14, "engine.block_size=8"
    ),
    ("vary: {cluster.instances: [2, '2']}\nseeds: [1, 2]", 11, "cluster.instances=2"),
  ])
  func `a point that stands twice is refused, it is no second seed`(
    lines: String, line: Int, point: String
  ) {
    let said = message { _ = try plan(lines) }
    #expect(said.hasPrefix("sweep.yaml:\(line): the point ") && said.contains(point), "\(said)")
    #expect(said.hasSuffix("stands twice; leave one out (seeds repeats points)"))
  }

  @Test func `an option that a point's policy takes away is not in its cells`() throws {
    let yaml = sweepBase.replacing(
      "model:", with: "engine: {scheduler: {name: vllm-v1, max_num_seqs: 8}}\n  model:")
    let points = try SweepPlan(
      yaml
        + """
        points:
          - {engine.scheduler: vllm-v0}
          - {engine.scheduler: vllm-v0, engine.scheduler.max_num_seqs: 8}
          - {engine.scheduler.max_num_seqs: 9}
        """, file: "sweep.yaml"
    ).points
    #expect(points.map { $0.cells[1] } == ["", "8", "9"])
  }

  @Test func `--set changes the base and keeps what points set`() throws {
    let yaml = sweepBase + "points: [{cluster.instances: 3}, {engine.block_size: 8}]\n"
    let plan = try SweepPlan(
      yaml, file: "s.yaml",
      overrides: [try Override("cluster.instances=5"), try Override("cluster.gpu=h100-80gb-sxm")])
    #expect(plan.points.map(\.config.cluster.instances.value) == [3, 5])
    #expect(plan.points.map(\.cells) == [["3", ""], ["5", "8"]])
    #expect(plan.overrides == ["cluster.instances=5", "cluster.gpu=h100-80gb-sxm"])
    #expect(plan.hash != (try SweepPlan(yaml, file: "s.yaml").hash))
  }

  @Test(arguments: [
    ("vary: {cluster.instances: [1, 2]}", "cluster.instances=3"),
    ("vary: {engine.scheduler: [vllm-v0, vllm-v1]}", "engine.scheduler.max_num_seqs=4"),
    ("points: [{cluster.instances: 1}, {cluster.instances: 2}]", "cluster.instances=3"),
    ("seeds: [1, 2]", "seed=3"),
  ])
  func `a setting that no point would feel is refused`(lines: String, setting: String) {
    let said = message {
      _ = try SweepPlan(
        sweepBase + lines, file: "s.yaml", overrides: [try Override(setting)])
    }
    let key = setting.prefix { $0 != "=" }
    #expect(said == "--set \(key): every point of the sweep file sets it; edit the file instead")
  }

  @Test func `a setting above or beside a varied key is felt`() throws {
    for (lines, setting) in [
      ("vary: {engine.scheduler.max_num_seqs: [4, 8]}", "engine.scheduler=vllm-v0"),
      (
        "vary: {cluster.instances: [1, 2]}\npoints: [{engine.block_size: 8}]", "cluster.instances=3"
      ),
      ("vary: {cluster.instances: [1, 2]}", "seed=3"),
    ] {
      let plan = try SweepPlan(
        sweepBase + lines, file: "s.yaml", overrides: [try Override(setting)])
      #expect(plan.points.count >= 2)
    }
  }

  @Test func `a sweep without an experiment, or of a million points, is refused`() {
    let seeds = (0..<1001).map { "\($0)" }.joined(separator: ",")
    let said = message {
      _ = try plan("vary: {engine.reserve: [\(seeds)]}\nseeds: [\(seeds)]")
    }
    #expect(said.contains("more than 1000000 points"), "\(said)")
    let missing = message { _ = try SweepPlan("vary: {model: [a]}", file: "s.yaml") }
    #expect(missing == "s.yaml: base is missing; write base: with an experiment below it")
  }
}
