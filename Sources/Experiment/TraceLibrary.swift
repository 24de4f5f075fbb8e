package import Files
internal import Synchronization
internal import Units
package import Workload

/// Traces that several runs share: each is read once, by the first run that asks for it, and let
/// go after the last.
package final class TraceLibrary: Sendable {
  /// What makes two readings of a trace the same; a rate is laid over the shared reading.
  package struct Key: Hashable, Sendable {
    package var path: String
    package var format: String
    package var limit: Int?
    package var speedup: Double
    package var concurrency: Int?
    package var blockTokens: Int?
    package var keepsBlocks: Bool
    package var sessionGap: Double?
    package var charactersPerToken: Double?

    /// The reading that `config` asks for, with the blocks of prompts if `keepsBlocks`.
    package init(_ config: TraceConfig, keepsBlocks: Bool) {
      path = config.path.value
      format = config.format.value
      limit = config.limit?.value
      speedup = config.speedup.value
      concurrency = config.concurrency?.value
      blockTokens = config.blockTokens?.value
      self.keepsBlocks = keepsBlocks
      sessionGap = config.sessionGap?.value.value
      charactersPerToken = config.charactersPerToken?.value
    }
  }

  /// One trace, which others wait for while the first reads it.
  private final class Slot: Sendable {
    package let reading = Mutex<Result<Trace, ConfigError>?>(nil)
  }

  private struct Shelf {
    package var slots: [Key: Slot] = [:]  // only looked up
    package var left: [Key: Int] = [:]
  }
  private let shelf: Mutex<Shelf>

  /// A library for runs that will ask for `keys`, each as often as it stands there.
  package init(_ keys: [Key]) {
    var shelf = Shelf()
    for key in keys { shelf.left[key, default: 0] += 1 }
    self.shelf = Mutex(shelf)
  }

  /// The trace of `key`, which `read` reads when nobody has.
  package func trace(
    _ key: Key, _ read: () throws(ConfigError) -> Trace
  ) throws(ConfigError) -> Trace {
    let slot = shelf.withLock { shelf in
      let slot = shelf.slots[key] ?? Slot()
      let left = shelf.left[key, default: 1] - 1
      shelf.left[key] = left
      shelf.slots[key] = left > 0 ? slot : nil
      return slot
    }
    let reading = slot.reading.withLock { reading in
      if let known = reading { return known }
      let result: Result<Trace, ConfigError>
      do throws(ConfigError) {
        result = .success(try read())
      } catch {
        result = .failure(error)
      }
      reading = result
      return result
    }
    return try reading.get()
  }
}
