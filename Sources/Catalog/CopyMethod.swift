public import Units

/// How blocks are copied between host and GPU.
///
/// n copies of s bytes take n · (perCopy + s / (fraction · link)).
/// Source: FIT.md §5 of the shared measurements, an H100 on PCIe 5.0 x16, 4 KiB to 16 MiB;
/// median / 90th percentile of the error 1.6 / 6.7 % and 0.2 / 7.9 %.
public enum CopyMethod: String, Sendable, CaseIterable {
  /// One `cudaMemcpyAsync` for each piece that is contiguous on both sides.
  case memcpy
  /// One kernel that copies all pieces.
  case kernel

  /// Time that each copy takes besides its bytes, one by one on a stream.
  public var perCopy: Seconds {
    switch self {
    case .memcpy: Seconds(3.43e-6)
    case .kernel: Seconds(0.2e-6)
    }
  }

  /// What large copies reach of a link's bandwidth in one direction, as specified.
  public var fraction: Double {
    switch self {
    case .memcpy: 51.9 / 63
    case .kernel: 47.7 / 63
    }
  }

  /// What large copies reach over `link`.
  public func bandwidth(over link: Link) -> BytesPerSecond { link.bandwidth * fraction }
}
