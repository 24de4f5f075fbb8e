public import Files
internal import Kernel
public import Units

/// How KV gets its memory.
public struct AllocatorConfig: Sendable {
  /// Kinds of allocators.
  public enum Kind: String, Sendable, CaseIterable {
    /// Blocks anywhere, found by a table: PagedAttention.
    case paged
    /// Contiguous virtual tensors with pages mapped behind them on demand.
    case vattention
  }
  /// When pages are mapped.
  public enum Mapping: String, Sendable, CaseIterable {
    /// By a thread, those of the next step beside the one in flight.
    case async
    /// Before the step that needs them.
    case sync
  }

  /// Which kind.
  public var name: Located<Kind>
  /// Bytes of a physical page, of vattention as all that follows.
  public var pageSize: Located<Bytes>
  /// When pages are mapped.
  public var mapping: Located<Mapping>
  /// Time to map one page.
  public var mapTime: Located<Seconds>
  /// Whether pages stay mapped when their request ends.
  public var deferredReclaim: Located<Bool>
  /// Time of paged kernels over that of contiguous ones, in attention of prompts.
  public var pagedPrefillFactor: Located<Double>
  /// The same of new tokens.
  public var pagedDecodeFactor: Located<Double>

  static let options = [
    "page_size", "mapping", "map_time", "deferred_reclaim", "paged_prefill_factor",
    "paged_decode_factor",
  ]
}

extension AllocatorConfig {
  /// Reads `engine.allocator`: a word, or a mapping.
  ///
  /// 40 µs are those of `cuMemMap` (Prabhu et al., ASPLOS 2025).
  init(_ r: inout MappingReader) throws(ConfigError) {
    let (outer, key) = (r.place, r.name("allocator"))
    let field = try r.field("allocator")
    var word: Located<Kind>?
    var node = field?.node
    if let field, case .scalar = field.node.content {
      word = field.located(try field.choice(of: Kind.self))
      node = nil
    }
    self = try MappingReader.read(
      node, path: key, at: field?.place ?? outer, keys: ["name"] + Self.options
    ) { (r) throws(ConfigError) in
      var name = word ?? Located(Kind.paged, key: key, at: r.place)
      if let kind = r.optional("name") {
        name = Located(try kind.choice(of: Kind.self), key: key, at: kind.place)
      }
      for option in Self.options where name.value == .paged {
        guard let option = r.optional(option) else { continue }
        throw option.error("is of vattention, not of paged; write name: vattention or leave it out")
      }
      var mapping = r.standing(Mapping.async, for: "mapping")
      if let field = r.optional("mapping") {
        mapping = field.located(try field.choice(of: Mapping.self))
      }
      return AllocatorConfig(
        name: name,
        pageSize: try r.quantity("page_size", default: Bytes(0x1p21), in: .positive),
        mapping: mapping,
        mapTime: try r.quantity("map_time", default: Seconds(40 * 1e-6), in: .upTo(60)),
        deferredReclaim: try r.bool("deferred_reclaim", default: true),
        pagedPrefillFactor: try r.number("paged_prefill_factor", default: 1, in: .positive),
        pagedDecodeFactor: try r.number("paged_decode_factor", default: 1, in: .positive))
    }
  }
}

extension YAMLWriter {
  /// `engine.allocator`, unless it is the one that every engine has.
  mutating func allocator(_ allocator: AllocatorConfig) {
    guard allocator.name.value == .vattention else { return }
    block("allocator") { out in
      out.key("name", allocator.name.value.rawValue)
      out.key("page_size", Scalar.written("\(allocator.pageSize.value)"))
      out.key("mapping", allocator.mapping.value.rawValue)
      out.key("map_time", Scalar.written("\(allocator.mapTime.value)"))
      out.key("deferred_reclaim", "\(allocator.deferredReclaim.value)")
      out.key("paged_prefill_factor", "\(allocator.pagedPrefillFactor.value)")
      out.key("paged_decode_factor", "\(allocator.pagedDecodeFactor.value)")
    }
  }
}
