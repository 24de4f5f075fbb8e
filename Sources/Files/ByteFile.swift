/// A file that is written once from start to end, through a buffer of 1 MiB.
///
/// Writing never throws: the first failure is kept, later bytes are dropped, and `close` reports
/// it. So a loop over a million rows has no error path.
public struct ByteFile: ~Copyable {
  private let path: String
  private var file: Int32
  private var buffer: [UInt8] = []
  private var failure: Posix.Failure?
  private var sinceRecycling = 0
  private static let capacity = 1 << 20
  private static let window = 64 << 20

  /// Creates the file at `path`.
  ///
  /// - Throws: `ConfigError` when it exists or cannot be created.
  public init(creating path: String) throws(ConfigError) {
    self.path = path
    do {
      file = try Posix.create(path)
    } catch {
      throw ConfigError(.file(path), "cannot be created: \(error.reason)")
    }
    buffer.reserveCapacity(Self.capacity)
  }

  /// Opens what stands at `path` already, such as a device or a pipe.
  ///
  /// - Throws: `ConfigError` when it cannot be opened.
  public init(existing path: String) throws(ConfigError) {
    self.path = path
    do {
      file = try Posix.openForWriting(path)
    } catch {
      throw ConfigError(.file(path), "cannot be written: \(error.reason)")
    }
  }

  deinit { if file >= 0 { try? Posix.closeFile(file) } }

  /// Appends `text` in UTF-8.
  public mutating func write(_ text: String) {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= Self.capacity { flush() }
  }

  /// Appends `bytes`.
  public mutating func write(_ bytes: [UInt8]) {
    buffer.append(contentsOf: bytes)
    if buffer.count >= Self.capacity { flush() }
  }

  /// Appends `bytes`, which need to be valid during the call only.
  public mutating func write(_ bytes: UnsafeRawBufferPointer) {
    buffer.append(contentsOf: bytes)
    if buffer.count >= Self.capacity { flush() }
  }

  /// Lets `body` append to the buffer itself: the fastest way, for a row at a time.
  public mutating func write(_ body: (inout [UInt8]) -> Void) {
    body(&buffer)
    if buffer.count >= Self.capacity { flush() }
  }

  /// Writes what is left and closes the file.
  ///
  /// - Throws: `ConfigError` for the first write that failed, a full disk for example.
  public consuming func close() throws(ConfigError) {
    flush()
    do {
      let open = file
      file = -1
      try Posix.closeFile(open)
    } catch {
      failure = failure ?? error
    }
    if let failure { throw ConfigError(.file(path), "cannot be written: \(failure.reason)") }
  }

  private mutating func flush() {
    if failure == nil { failure = buffer.withUnsafeBytes { Posix.writeAll(file, $0) } }
    sinceRecycling += buffer.count
    if sinceRecycling >= Self.window {
      sinceRecycling = 0
      Posix.recycle(file)
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
