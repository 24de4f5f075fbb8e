import Catalog
import Cost
import Testing
import Units

@Suite struct KernelParameterTests {
  @Test func `every constant has a name of its own, in its class, and says what it is`() {
    let parameters = KernelProfile.parameters
    var names: [String] = []
    var classes: [String] = []
    for parameter in parameters {
      let parts = parameter.name.split(separator: ".").map(String.init)
      #expect(parts.count == 2, "\(parameter.name)")
      #expect(!names.contains(parameter.name))
      #expect(parameter.meaning.count > 10)
      names.append(parameter.name)
      if classes.last != parts[0] { classes.append(parts[0]) }
    }
    // Each class in one run: files list them so.
    #expect(Set(classes).count == classes.count)
    #expect(
      classes.prefix(4) == ["gemm_bf16", "gemm_fp8", "attention_decode", "attention_prefill"])
  }

  @Test(arguments: KernelProfile.parameters.map(\.name))
  func `a constant's usual value lies in its range, above 0`(name: String) throws {
    let parameter = try #require(KernelProfile.parameters.first { $0.name == name })
    #expect(parameter.range.lowerBound > 0)
    #expect(parameter.range.contains(parameter.typical))
    #expect(parameter.range.lowerBound < parameter.typical)
    #expect(parameter.typical < parameter.range.upperBound)
    if case .fraction = parameter.unit { #expect(parameter.range.upperBound <= 1) }
  }

  @Test func `each constant is kept in a place of its own`() {
    for parameter in KernelProfile.parameters {
      var profile = KernelProfile.blank
      let before = profile
      parameter.set(2 * parameter.typical, in: &profile)
      for other in KernelProfile.parameters {
        let expected =
          other.name == parameter.name ? 2 * parameter.typical : other.value(in: before)
        #expect(near(other.value(in: profile), expected), "\(parameter.name) \(other.name)")
      }
    }
  }

  @Test(arguments: [
    ("gemm_bf16.floor", 3.0, 3e-6), ("gemm_bf16.compute", 0.9, 0.9),
    ("attention_prefill.block", 6, 6e6), ("attention_prefill.row", 50, 50e3),
    ("attention_prefill.store", 16, 16e9), ("experts_fp8.padding", 130, 130),
    ("elementwise.sampling_bytes", 4, 4), ("nvlink_engine.two_shot", 2, 2),
  ])
  func `people read units that suit them, formulas SI units`(
    name: String, read: Double, kept: Double
  ) throws {
    let parameter = try #require(KernelProfile.parameters.first { $0.name == name })
    #expect(near(read * parameter.unit.scale, kept))
    var profile = KernelProfile.blank
    parameter.set(read, in: &profile)
    #expect(near(profile[keyPath: parameter.path], kept))
  }

  @Test func `only switches that reduce have a constant for it`() throws {
    let parameter = try #require(
      KernelProfile.parameters.first { $0.name == "nvlink_all_reduce.in_switch" })
    #expect(parameter.applies(to: .h100SXM) && parameter.applies(to: .b200))
    #expect(!parameter.applies(to: .a100SXM80) && !parameter.applies(to: .mi300x))
    let floor = try #require(KernelProfile.parameters.first)
    #expect(GPU.all.allSatisfy { floor.applies(to: $0) })
    #expect(KernelProfile(of: .a100SXM80).nvlink.allReduce.inSwitch == 0)
    #expect(KernelProfile(of: .h200).nvlink.allReduce.inSwitch > 1)
  }

  @Test(arguments: GPU.all.map(\.name)) func `constants of every GPU lie in their ranges`(
    name: String
  ) throws {
    let gpu = try #require(GPU.named(name))
    for profile in KernelProfile.known(of: gpu) {
      for parameter in KernelProfile.parameters {
        let value = parameter.value(in: profile)
        // Classes that none of the teachers was measured in stay 0.
        #expect(value == 0 || parameter.range.contains(value), "\(parameter.name) \(value)")
      }
    }
  }
}
