/// Constants that were fitted to timings on one kind of GPU.
public struct MeasuredConstants: Sendable {
  /// Name of the GPU in the catalogue.
  public let gpu: String
  /// Names of parameters and values in their units; whole classes.
  public let values: [(name: String, value: Double)]

  /// The constants of `gpu`.
  public init(gpu: String, values: [(name: String, value: Double)]) {
    self.gpu = gpu
    self.values = values
  }

  /// The value of the parameter called `name`; nil when its class was not measured.
  public func value(of name: String) -> Double? { values.first { $0.name == name }?.value }

  /// The classes that were measured.
  public var classes: [String] {
    var list: [String] = []
    for (name, _) in values {
      let kind = String(name.prefix { $0 != "." })
      if list.last != kind { list.append(kind) }
    }
    return list
  }
}
