internal import Catalog
public import Cost
public import Files

/// A file of constants, as `martlet calibrate` writes it and `cluster.kernels` names it.
public struct KernelFile: Sendable {
  /// Format of these files; another number is refused.
  static let version = 1
  /// The constants.
  public let constants: MeasuredConstants

  /// Reads the file at `path`.
  ///
  /// - Throws: `ConfigError` with the line of an unknown class or constant, a missing one, a unit
  ///   that is not the constant's, and a value out of its range.
  public init(_ path: String) throws(ConfigError) {
    let root = try ConfigNode(yaml: try ExperimentConfig.text(of: path), file: path)
    constants = try MappingReader.read(
      root, path: "", at: .file(path), keys: ["version", "gpu", "tool_version", "data", "classes"]
    ) { (r) throws(ConfigError) in
      let version = try r.required("version", "version: \(Self.version)")
      guard try version.whole(in: 0...Int.max) == Self.version else {
        throw version.error(
          "\(try version.text()) is not known; this martlet reads version \(Self.version)")
      }
      // What a person may read there changes no constant.
      _ = (r.optional("tool_version"), r.optional("data"))
      let gpu = try r.required("gpu", "gpu: NAME").text()
      let classes = try r.required("classes", "classes: {gemm_bf16: …}")
      return MeasuredConstants(gpu: gpu, values: try Self.values(classes, path, of: gpu))
    }
  }

  private static func values(
    _ field: Field, _ path: String, of gpu: String
  ) throws(ConfigError) -> [(name: String, value: Double)] {
    var names: [String] = []
    for parameter in KernelProfile.parameters where !names.contains(parameter.className) {
      names.append(parameter.className)
    }
    return try MappingReader.read(field.node, path: "classes", at: field.place, keys: names) {
      (r) throws(ConfigError) in
      var values: [(name: String, value: Double)] = []
      for name in names {
        guard let field = r.optional(name) else { continue }
        values += try constants(of: name, field, gpu)
      }
      guard !values.isEmpty else { throw field.error("holds no class") }
      return values
    }
  }

  private static func constants(
    of name: String, _ field: Field, _ gpu: String
  ) throws(ConfigError) -> [(name: String, value: Double)] {
    let parameters = KernelProfile.parameters.filter { $0.className == name }
    return try MappingReader.read(
      field.node, path: "classes.\(name)", at: field.place,
      keys: [
        "rows", "error_before", "error_after", "residual_percentiles_pct", "constants",
        "covariance",
      ]
    ) { (r) throws(ConfigError) in
      for key in ["rows", "error_before", "error_after", "residual_percentiles_pct", "covariance"] {
        _ = r.optional(key)
      }
      let field = try r.required("constants", "constants: {\(parameters[0].shortName): …}")
      return try MappingReader.read(
        field.node, path: field.key, at: field.place, keys: parameters.map(\.shortName)
      ) { (r) throws(ConfigError) in
        var values: [(name: String, value: Double)] = []
        for parameter in parameters {
          let shape = "{value: NUMBER, unit: \(parameter.unit.rawValue)}"
          // A constant that such GPUs lack, or may lack, is not asked for.
          let isNeeded = GPU.named(gpu).map { parameter.applies(to: $0) } ?? parameter.isCommon
          let field =
            isNeeded
            ? try r.required(parameter.shortName, shape) : r.optional(parameter.shortName)
          guard let field else { continue }
          values.append((parameter.name, try value(of: parameter, field)))
        }
        return values
      }
    }
  }

  private static func value(
    of parameter: KernelParameter, _ field: Field
  ) throws(ConfigError) -> Double {
    try MappingReader.read(
      field.node, path: field.key, at: field.place, keys: ["value", "unit", "standard_error"]
    ) { (r) throws(ConfigError) in
      _ = r.optional("standard_error")
      let unit = try r.required("unit", "unit: \(parameter.unit.rawValue)")
      guard try unit.text() == parameter.unit.rawValue else {
        throw unit.error("is \(try unit.text()); this constant is in \(parameter.unit.rawValue)")
      }
      let field = try r.required("value", "value: NUMBER")
      let text = try field.text()
      guard let value = Double(text), parameter.range.contains(value) else {
        throw field.error(
          "\(text) is out of range; write a number from \(parameter.range.lowerBound) to "
            + "\(parameter.range.upperBound)")
      }
      return value
    }
  }
}
