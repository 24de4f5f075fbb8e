internal import Cost
internal import Memory
internal import Units

/// Prefixes that decode attention reads once for several sequences.
extension Batch {
  /// Lets decodes read prefixes as `mode` says; after `cachePrefixes`, without which none is known.
  public mutating func readPrefixes(_ mode: SharedPrefixAttention) {
    guard cachesPrefixes, mode != .none else { return }
    prefix?.readers = PrefixReaders(mode)
    sharesReads = true
  }

  /// A sequence joins the decodes.
  mutating func startReading(_ slot: Slot) {
    let s = sequences[Int(slot)]
    let count = min(s.common, s.entry.prompt / tokensPerBlock)
    sequences[Int(slot)].reads = prefix?.startReading(count, of: Int(s.entry.request.row)) ?? 0
  }

  /// A sequence leaves the decodes.
  mutating func stopReading(_ slot: Slot) {
    let s = sequences[Int(slot)]
    prefix?.stopReading(s.reads, of: Int(s.entry.request.row))
    sequences[Int(slot)].reads = 0
  }

  /// Puts what a step of all decodes reads together into its shape.
  mutating func addSharedReads(to shape: inout StepShape) {
    let size = tokensPerBlock
    let (count, more) = (decodes, prefix?.readers?.moreKernels ?? 0)
    guard let found = prefix?.readers?.counts(decodes: count, tokensPerBlock: size),
      found.reads > 0
    else { return }
    shape.sharedContext = found.reads
    shape.sharedKeys = found.keys
    shape.prefixKernels = more
  }

  /// Counts all readers again from the rows (invariant I3); for tests.
  func checkReaders() {
    guard sharesReads, var copy = prefix, let readers = copy.readers else { return }
    copy.readers = PrefixReaders(readers.mode)
    for s in sequences where s.phase == .decoding && s.reads > 0 {
      _ = copy.startReading(s.reads, of: Int(s.entry.request.row))
    }
    let size = tokensPerBlock
    let again = copy.readers?.counts(decodes: decodes, tokensPerBlock: size) ?? (0, 0)
    let known = readers.counts(decodes: decodes, tokensPerBlock: size)
    precondition(again == known, "readers of shared blocks drifted (I3)")
  }
}
