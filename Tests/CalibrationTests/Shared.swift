import Calibration
import Catalog
import FoundationEssentials

/// Measurements of the shared material, absent in a checkout of its own.
enum Shared {
  /// The files that the constants of each GPU are fitted to, as the Makefile lists them.
  static let files: [(gpu: String, names: [String])] = [
    ("a100-80gb-sxm", kernels("a100_sxm")),
    ("h100-80gb-sxm", kernels("h100_sxm") + ["moe_h100_sxm", "copy_bandwidth_h2d"]),
    (
      "rtx-pro-6000-server",
      kernels("rtx_pro_6000_server")
        + ["vllm_layer_dense_rtxpro6000", "vllm_layer_per_sequence_rtxpro6000"]
    ),
  ]

  private static func kernels(_ gpu: String) -> [String] {
    ["gemm", "attention_decode", "attention_prefill", "collectives"].map { "\($0)_\(gpu)" }
  }

  /// Every measurement that the constants of `gpu` are fitted to; nil (and one printed line) when
  /// a file is absent.
  static func measurements(of gpu: GPU) throws -> [Measurement]? {
    var list: [Measurement] = []
    for name in files.first(where: { $0.gpu == gpu.name })?.names ?? [] {
      guard let table = try table(name) else { return nil }
      list += try measuredClass(of: table).measurements(in: table, on: gpu)
    }
    return list
  }

  /// The measurements of one class of `gpu`; nil when its file is absent.
  static func measurements(
    _ type: any MeasuredClass.Type, of gpu: GPU
  ) throws -> [Measurement]? {
    for name in files.first(where: { $0.gpu == gpu.name })?.names ?? [] {
      guard let table = try table(name) else { return nil }
      guard try measuredClass(of: table) == type else { continue }
      return try type.measurements(in: table, on: gpu)
    }
    return []
  }

  private static func table(_ name: String, file: String = #filePath) throws -> MeasuredTable? {
    let root = file.split(separator: "/").dropLast(4).joined(separator: "/")
    let path = "/\(root)/shared/data/fidelity/\(name).csv"
    guard let data = FileManager.default.contents(atPath: path) else {
      print("skipped: ../shared/data/fidelity/\(name).csv is absent")
      return nil
    }
    return try MeasuredTable([UInt8](data), name: "\(name).csv")
  }
}

/// Numbers that are the same on every machine.
struct Congruential: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}
