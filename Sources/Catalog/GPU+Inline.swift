internal import Units

extension GPU {
  /// One key of an inline description: how its text is read and written.
  private struct Field: Sendable {
    let key: String
    let read: @Sendable (String, inout GPU) throws(CatalogError) -> Void
    let write: @Sendable (GPU) -> String

    init<Q: Quantity>(_ key: String, _ path: any WritableKeyPath<GPU, Q> & Sendable) {
      self.key = key
      read = { (text, gpu) throws(CatalogError) in
        do {
          gpu[keyPath: path] = try Q(parsing: text)
        } catch {
          throw CatalogError("gpu: \(key): \(error)")
        }
      }
      write = { gpu in gpu[keyPath: path].description }
    }

    private init(
      _ key: String, read: @escaping @Sendable (String, inout GPU) throws(CatalogError) -> Void,
      write: @escaping @Sendable (GPU) -> String
    ) {
      self.key = key
      self.read = read
      self.write = write
    }

    /// A name of `GPU.Architecture`, or `unknown`.
    static let architecture = Field(
      "architecture",
      read: { (text, gpu) throws(CatalogError) in
        gpu.architecture = Architecture(rawValue: text)
        guard gpu.architecture != nil || text == "unknown" else {
          let known = Architecture.allCases.map(\.rawValue).joined(separator: ", ")
          throw CatalogError("gpu: architecture: \"\(text)\" is none; known: \(known), unknown")
        }
      }, write: { $0.architecture?.rawValue ?? "unknown" })

    init(_ key: String, count path: any WritableKeyPath<GPU, Int> & Sendable) {
      self.key = key
      read = { (text, gpu) throws(CatalogError) in
        guard let count = Int(text), count >= 0 else {
          throw CatalogError("gpu: \(key): \"\(text)\" is not a whole number of at least 0")
        }
        gpu[keyPath: path] = count
      }
      write = { gpu in "\(gpu[keyPath: path])" }
    }
  }

  private static let quantities: [Field] = [
    Field("memory", \GPU.memory), Field("bandwidth", \GPU.bandwidth), Field("bf16", \GPU.bf16),
    Field("fp32", \GPU.fp32), Field("tf32", \GPU.tf32), Field("fp8", \GPU.fp8),
    Field("int8", \GPU.int8), Field("fp4", \GPU.fp4), Field("l2", \GPU.l2),
    Field("multiprocessors", count: \GPU.multiprocessors), Field("clock", \GPU.clock),
    Field.architecture, Field("nvlink", \GPU.nvlink),
    Field("nvlink_group", count: \GPU.nvlinkGroup), Field("host_link", \GPU.hostLink),
    Field("tdp", \GPU.tdp), Field("idle", \GPU.idle),
  ]

  /// Keys that an inline description must have.
  public static let requiredInlineKeys = ["memory", "bandwidth", "bf16"]
  /// Every key that an inline description may have.
  public static let inlineKeys = ["name"] + quantities.map(\.key)

  /// A GPU from the keys and values of a block in an experiment file.
  ///
  /// Quantities are text with units (`memory: 80 GiB`, `bandwidth: 2 TB/s`, `bf16: 312 TFLOP/s`).
  /// `name` is `inline` when absent; an `nvlink` without `nvlink_group` joins 8 GPUs; the rest
  /// defaults as in `init(name:memory:bandwidth:bf16:)`.
  ///
  /// - Throws: `CatalogError` naming the key: unknown, given twice, missing, without a readable
  ///   amount, or out of range.
  public init(inline fields: [(key: String, value: String)]) throws(CatalogError) {
    self.init(
      name: "inline", memory: Bytes(0), bandwidth: BytesPerSecond(0), bf16: FLOPsPerSecond(0))
    var seen: [String] = []
    for (key, value) in fields {
      guard !seen.contains(key) else { throw CatalogError("gpu: key \"\(key)\" is given twice") }
      seen.append(key)
      try set(key, to: value)
    }
    for key in Self.requiredInlineKeys where !seen.contains(key) {
      throw CatalogError("gpu: key \"\(key)\" is missing; needed: memory, bandwidth, bf16")
    }
    if nvlink.value > 0 && !seen.contains("nvlink_group") { nvlinkGroup = 8 }
    try checkRanges()
  }

  private mutating func set(_ key: String, to value: String) throws(CatalogError) {
    if key == "name" {
      name = value
      return
    }
    guard let field = Self.quantities.first(where: { $0.key == key }) else {
      let known = Self.inlineKeys.joined(separator: ", ")
      throw CatalogError("gpu: unknown key \"\(key)\"; known: \(known)")
    }
    try field.read(value, &self)
  }

  private func checkRanges() throws(CatalogError) {
    for (key, value) in [
      ("memory", memory.value), ("bandwidth", bandwidth.value), ("bf16", bf16.value),
      ("host_link", hostLink.value), ("clock", clock.value),
    ] {
      guard value > 0 else { throw CatalogError("gpu: \(key) must be positive") }
      // Far beyond any hardware either way, but times and block counts stay finite.
      guard (1e3...1e21).contains(value) else {
        throw CatalogError("gpu: \(key) is no amount of any hardware; check its unit")
      }
    }
    for field in [fp32, tf32, fp8, int8, fp4] where field.value < 0 {
      throw CatalogError("gpu: a peak of \(field) is negative")
    }
    guard l2.value >= 0, nvlink.value >= 0, tdp.value >= 0, idle.value >= 0 else {
      throw CatalogError("gpu: l2, nvlink, tdp and idle must not be negative")
    }
  }

  /// The description that `init(inline:)` reads back as this GPU.
  public var inlineFields: [(key: String, value: String)] {
    [("name", name)] + Self.quantities.map { ($0.key, $0.write(self)) }
  }
}
