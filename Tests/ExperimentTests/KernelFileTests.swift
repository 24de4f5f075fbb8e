import Catalog
import Cost
import Experiment
import Files
import TestSupport
import Testing

/// Files of constants: what they may hold, and what is said of a fault.
@Suite struct KernelFileTests {
  private let file = """
    version: 1
    gpu: h100-80gb-sxm
    classes:
      copy_memcpy:
        constants:
          per_block: {value: 2.5, unit: us, standard_error: 0.1}
          efficiency: {value: 0.5, unit: 1}
      gemm_bf16:
        rows: 12
        constants:
          floor: {value: 4, unit: us}
          compute: {value: 0.5, unit: "1"}
          memory: {value: 6e-1, unit: 1}
          delivery: {value: 1, unit: x}

    """

  private func read(_ text: String) throws -> MeasuredConstants {
    let directory = try TestDirectory()
    return try KernelFile(try directory.write(text, to: "k.yaml")).constants
  }

  /// The fault of `file` with `old` replaced, without the directory.
  private func fault(_ old: String, _ new: String) throws -> String {
    try #require(file.contains(old))
    let text = message { _ = try read(file.replacing(old, with: new)) }
    return String(text[(text.firstRange(of: "k.yaml")?.lowerBound ?? text.startIndex)...])
  }

  @Test func `constants are read by class, in the order of the manual`() throws {
    let constants = try read(file)
    #expect(constants.gpu == "h100-80gb-sxm")
    #expect(constants.classes == ["gemm_bf16", "copy_memcpy"])
    #expect(
      constants.values.map(\.name) == [
        "gemm_bf16.floor", "gemm_bf16.compute", "gemm_bf16.memory", "gemm_bf16.delivery",
        "copy_memcpy.per_block", "copy_memcpy.efficiency",
      ])
    #expect(constants.values.map(\.value) == [4, 0.5, 0.6, 1, 2.5, 0.5])
  }

  @Test(arguments: [
    ("version: 1", "version: 2", "k.yaml:1: version 2 is not known; this martlet reads version 1"),
    ("copy_memcpy:", "copy_memcp:", "k.yaml:4: unknown key \"copy_memcp\" (did you mean "),
    ("per_block:", "per_blok:", "k.yaml:6: unknown key \"per_blok\" (did you mean \"per_block\"?)"),
    (
      "2.5, unit: us", "2.5, unit: ms",
      "k.yaml:6: classes.copy_memcpy.constants.per_block.unit is ms; this constant is in us"
    ),
    (
      "value: 2.5", "value: 51",
      "k.yaml:6: classes.copy_memcpy.constants.per_block.value 51 is out of range; write a "
        + "number from 0.02 to 50.0"
    ),
    ("value: 2.5", "value: -2.5", "k.yaml:6: classes.copy_memcpy.constants.per_block.value -2.5 "),
    ("value: 2.5", "value: nan", "k.yaml:6: classes.copy_memcpy.constants.per_block.value nan is"),
    ("value: 2.5", "value: fast", "k.yaml:6: classes.copy_memcpy.constants.per_block.value fast"),
    ("value: 2.5, ", "", "k.yaml:6: "), (", unit: x", "", "k.yaml:14: "),
    ("      delivery: {value: 1, unit: x}\n", "", "k.yaml:"), ("gpu: h100-80gb-sxm", "", "k.yaml"),
    ("standard_error", "standart_error", "k.yaml:6: unknown key \"standart_error\""),
    ("rows: 12", "lines: 12", "k.yaml:9: unknown key \"lines\""),
  ])
  func `a fault is told with its line`(old: String, new: String, start: String) throws {
    let fault = try fault(old, new)
    #expect(fault.hasPrefix(start), "\(fault)")
    #expect(!fault.contains("\n"))
  }

  @Test func `a constant that is missing is named with its unit`() throws {
    let fault = try fault("      delivery: {value: 1, unit: x}\n", "")
    #expect(fault.contains("delivery") && fault.contains("unit: x"), "\(fault)")
    #expect(try self.fault("gpu: h100-80gb-sxm", "").contains("gpu"))
  }

  @Test func `a switch that adds up is asked of GPUs that have one`() throws {
    func file(_ gpu: String) -> String {
      """
      version: 1
      gpu: \(gpu)
      classes:
        nvlink_all_reduce:
          constants:
            latency: {value: 6, unit: us}
            per_hop: {value: 1, unit: us}
            slope: {value: 1.3, unit: x}
            ramp: {value: 20, unit: us}

      """
    }
    #expect(try read(file("a100-80gb-sxm")).values.count == 4)
    #expect(try read(file("mine")).values.count == 4)
    let fault = message { _ = try read(file("h100-80gb-sxm")) }
    #expect(fault.contains("nvlink_all_reduce.constants.in_switch is missing"), "\(fault)")
  }

  @Test func `a file that holds no class is refused`() {
    let fault = message { _ = try read("version: 1\ngpu: t4\nclasses: {}\n") }
    #expect(fault.hasSuffix("holds no class"), "\(fault)")
    #expect(message { _ = try KernelFile("none.yaml") } == "none.yaml: no such file")
  }

  @Test func `every class of the manual can be given, each at its usual value`() throws {
    var text = "version: 1\ngpu: mine\nclasses:\n"
    var last = ""
    for parameter in KernelProfile.parameters {
      let parts = parameter.name.split(separator: ".")
      if parts[0] != last { text += "  \(parts[0]):\n    constants:\n" }
      last = String(parts[0])
      text +=
        "      \(parts[1]): {value: \(parameter.typical), unit: \(parameter.unit.rawValue)}\n"
    }
    let constants = try read(text)
    #expect(constants.values.map(\.name) == KernelProfile.parameters.map(\.name))
    #expect(constants.values.map(\.value) == KernelProfile.parameters.map(\.typical))
  }
}

/// A file of constants in an experiment: `cluster: {kernels: FILE}`.
@Suite struct ClusterKernelsTests {
  private let directory: TestDirectory
  init() throws { directory = try TestDirectory() }

  private func kernels(floor: Double, to name: String) throws -> String {
    try directory.write(
      """
      version: 1
      gpu: h100-80gb-sxm
      classes:
        gemm_bf16:
          constants:
            floor: {value: \(floor), unit: us}
            compute: {value: 0.5, unit: 1}
            memory: {value: 0.5, unit: 1}
            delivery: {value: 1, unit: x}

      """, to: name)
  }

  private func experiment(_ kernels: String?) throws -> ExperimentConfig {
    let entry = kernels.map { ", kernels: \($0)" } ?? ""
    return try .read(
      "model: llama-3.1-8b\ncluster: {gpu: h100-80gb-sxm\(entry)}\nworkload: {trace: t.csv}\n",
      file: "\(directory.path)/my.yaml")
  }

  private func step(_ kernels: String?) throws -> Double {
    struct Answer: Decodable {
      struct Step: Decodable { let timeS: Double }
      let decodeStep: Step
    }
    let explanation = try Explanation(try Assembly(try experiment(kernels)), Explanation.Steps())
    return try decoded(Answer.self, from: explanation.json.text).decodeStep.timeS
  }

  @Test func `its constants take the place of the GPU's own`() throws {
    _ = try kernels(floor: 5, to: "slow.yaml")
    _ = try kernels(floor: 15, to: "slower.yaml")
    let (own, slow, slower) = (try step(nil), try step("slow.yaml"), try step("slower.yaml"))
    #expect(slow > own)
    // Four products in each of 32 layers and the output head, 10 µs more each.
    #expect(abs(slower - slow - 129 * 10e-6) < 1e-9)
  }

  @Test func `a path counts from the experiment's file and survives the effective file`() throws {
    _ = try kernels(floor: 5, to: "sub/k.yaml")
    let config = try experiment("sub/k.yaml")
    let out = "\(directory.path)/out"
    let yaml = config.effectiveYAML(ResolvedConfig(), in: out)
    #expect(yaml.contains("  kernels: ../sub/k.yaml\n"), "\(yaml)")
    let again = try ExperimentConfig.read(yaml, file: "\(out)/config.effective.yaml")
    #expect(again.cluster.kernels?.value == "\(out)/../sub/k.yaml")
    #expect(again.effectiveYAML(ResolvedConfig(), in: out) == yaml)
    #expect(try experiment(nil).cluster.kernels == nil)
  }

  @Test func `the hash of an experiment follows the file's content, not its name`() throws {
    _ = try kernels(floor: 5, to: "a.yaml")
    _ = try kernels(floor: 5, to: "b.yaml")
    let hashes = try ["a.yaml", "b.yaml"].map {
      try experiment($0).configHash(ResolvedConfig())
    }
    #expect(hashes[0] == hashes[1])
    #expect(try experiment(nil).configHash(ResolvedConfig()) != hashes[0])
    _ = try kernels(floor: 5.5, to: "a.yaml")
    #expect(try experiment("a.yaml").configHash(ResolvedConfig()) != hashes[0])
  }

  @Test func `a faulty or absent file is told with its own place`() throws {
    _ = try kernels(floor: 500, to: "bad.yaml")
    let fault = message { _ = try Assembly(try experiment("bad.yaml")) }
    #expect(fault.contains("bad.yaml:6: classes.gemm_bf16.constants.floor.value 500.0 is out of"))
    #expect(
      message { _ = try Assembly(try experiment("none.yaml")) }.hasSuffix(
        "none.yaml: no such file"))
  }
}
