/// A choice of how to read a trace that not every format leaves.
public enum ReadingOption: Sendable, CaseIterable {
  /// `TraceOptions.blockTokens`.
  case blockTokens
  /// `TraceOptions.sessionGap`.
  case sessionGap
  /// `TraceOptions.charactersPerToken`.
  case charactersPerToken
  /// `TraceOptions.speedup`.
  case speedup

  /// Why it means nothing to a trace in the format called `name`, and what would be right; nil when
  /// the format heeds it.
  public func fault(inFormat name: String) -> String? {
    guard let format = traceFormats.first(where: { $0.name == name }),
      !format.traits.heeds(self)
    else { return nil }
    let able = traceFormats.filter { $0.traits.heeds(self) }.map { $0.name }
      .joined(separator: ", ")
    let start = "means nothing to format \(name), whose"
    return switch self {
    case .blockTokens: "\(start) blocks have one size, if any; leave it out, it is for \(able)"
    case .sessionGap: "\(start) requests have one clock; leave it out, it is for \(able)"
    case .charactersPerToken: "\(start) lengths are tokens; leave it out, it is for \(able)"
    case .speedup: "\(start) requests have no times; leave it out, or give a rate"
    }
  }
}

extension TraceTraits {
  /// Whether reading such files depends on `option`.
  func heeds(_ option: ReadingOption) -> Bool {
    switch option {
    case .blockTokens: leavesBlockSize
    case .sessionGap: hasSessionClocks
    case .charactersPerToken: hasTexts
    case .speedup: hasTimes
    }
  }
}
