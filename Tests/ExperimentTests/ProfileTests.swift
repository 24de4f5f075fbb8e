import Cost
import Experiment
import Files
import FoundationEssentials
import TestSupport
import Testing

/// The committed constants of measured GPUs.
@Suite struct ProfileTests {
  private static let gpus = ["a100-80gb-sxm", "h100-80gb-sxm", "rtx-pro-6000-server"]

  private static func repository(_ file: String = #filePath) -> String {
    "/" + file.split(separator: "/").dropLast(3).joined(separator: "/")
  }

  private static func profile(_ gpu: String) -> String {
    "\(repository())/Workloads/profiles/\(gpu).yaml"
  }

  @Test func `every measured GPU has a profile`() {
    #expect(MeasuredConstants.all.map(\.gpu) == Self.gpus)
  }

  @Test(arguments: gpus) func `the compiled constants are those of the profile`(gpu: String) throws
  {
    let written = try KernelFile(Self.profile(gpu)).constants
    let compiled = try #require(MeasuredConstants.all.first { $0.gpu == gpu })
    #expect(written.gpu == gpu)
    #expect(compiled.values.map(\.name) == written.values.map(\.name))
    #expect(compiled.values.map(\.value) == written.values.map(\.value))
  }

  /// The files of the Makefile's target `profiles`, in its order.
  private static func data(_ gpu: String) -> [String] {
    let (name, more): (String, [String]) =
      switch gpu {
      case "a100-80gb-sxm": ("a100_sxm", [])
      case "h100-80gb-sxm": ("h100_sxm", ["moe_h100_sxm", "copy_bandwidth_h2d"])
      default:
        (
          "rtx_pro_6000_server",
          ["vllm_layer_dense_rtxpro6000", "vllm_layer_per_sequence_rtxpro6000"]
        )
      }
    let kinds = ["gemm", "attention_decode", "attention_prefill", "collectives"]
    let shared = repository().split(separator: "/").dropLast().joined(separator: "/")
    return (kinds.map { "\($0)_\(name)" } + more).map {
      "/\(shared)/shared/data/fidelity/\($0).csv"
    }
  }

  @Test(
    .enabled(if: !isDebug, "skipped: fits to thousands of rows, release only"),
    arguments: gpus)
  func `the shared measurements give the profile again, byte for byte`(gpu: String) throws {
    let paths = Self.data(gpu)
    for path in paths where !FileManager.default.fileExists(atPath: path) {
      print("skipped: \(path) is absent")
      return
    }
    let report = try CalibrationReport(try MeasuredFiles(paths, gpu: gpu))
    let committed = try #require(FileManager.default.contents(atPath: Self.profile(gpu)))
    #expect(report.yaml == String(decoding: committed, as: UTF8.self))
  }
}
