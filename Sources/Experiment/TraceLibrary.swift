package import Files
internal import Synchronization
internal import Units
package import Workload

/// What several runs read in common: each trace, and each set of ServeGen's clients, is read once,
/// by the first run that asks for it, and let go after the last.
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

  /// What makes two readings of ServeGen's data the same; time and rate are asked of the reading.
  package struct ClientsKey: Hashable, Sendable {
    private let data: String
    private let category: String?
    private let model: String?

    /// The clients that `config` asks for.
    package init(_ config: ServeGenConfig) {
      data = config.data.value
      category = config.category?.value
      model = config.model?.value
    }
  }

  /// What a run reads.
  package enum Reading: Hashable, Sendable {
    /// A trace.
    case trace(Key)
    /// ServeGen's clients.
    case clients(ClientsKey)

    /// What a run of `config` reads; nil when it draws its requests from distributions.
    package init?(_ config: ExperimentConfig) {
      switch config.workload {
      case .trace(let trace): self = .trace(Key(trace, keepsBlocks: config.keepsBlocks))
      case .servegen(let servegen): self = .clients(ClientsKey(servegen))
      case .generate: return nil
      }
    }
  }

  private let traces: Shelf<Key, Trace>
  private let clients: Shelf<ClientsKey, ServeGen>

  /// A library for runs that will ask for `keys`, each as often as it stands there.
  package convenience init(_ keys: [Key]) { self.init(of: keys.map { .trace($0) }) }

  /// A library for runs that will ask for `readings`, each as often as it stands there.
  package init(of readings: [Reading]) {
    var (keys, others): ([Key], [ClientsKey]) = ([], [])
    for reading in readings {
      switch reading {
      case .trace(let key): keys.append(key)
      case .clients(let key): others.append(key)
      }
    }
    traces = Shelf(keys)
    clients = Shelf(others)
  }

  /// The trace of `key`, which `read` reads when nobody has.
  package func trace(
    _ key: Key, _ read: () throws(ConfigError) -> Trace
  ) throws(ConfigError) -> Trace {
    try traces.value(key, read)
  }

  /// The clients of `key`, which `read` reads when nobody has.
  package func clients(
    _ key: ClientsKey, _ read: () throws(ConfigError) -> ServeGen
  ) throws(ConfigError) -> ServeGen {
    try clients.value(key, read)
  }
}

/// Values that several threads ask for a known number of times.
private final class Shelf<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  /// One value, which others wait for while the first reads it.
  private final class Slot: Sendable {
    let reading = Mutex<Result<Value, ConfigError>?>(nil)
  }

  private struct State {
    var slots: [Key: Slot] = [:]  // only looked up
    var left: [Key: Int] = [:]  // only looked up
  }
  private let state: Mutex<State>

  init(_ keys: [Key]) {
    var state = State()
    for key in keys { state.left[key, default: 0] += 1 }
    self.state = Mutex(state)
  }

  func value(_ key: Key, _ read: () throws(ConfigError) -> Value) throws(ConfigError) -> Value {
    let slot = state.withLock { state in
      let slot = state.slots[key] ?? Slot()
      let left = state.left[key, default: 1] - 1
      state.left[key] = left
      state.slots[key] = left > 0 ? slot : nil
      return slot
    }
    let reading = slot.reading.withLock { reading in
      if let known = reading { return known }
      let result: Result<Value, ConfigError>
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
