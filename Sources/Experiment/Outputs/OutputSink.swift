internal import Files

/// Where output files go: a directory, or memory in tests.
///
/// Files are written one after the other, each from its first byte to its last.
public protocol OutputSink: ~Copyable {
  /// Why a write failed.
  associatedtype Failure: Error
  /// Starts the file called `name`.
  mutating func begin(_ name: String) throws(Failure)
  /// Adds bytes to the file that was begun last; they are valid during the call only.
  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(Failure)
  /// Ends the file that was begun last.
  mutating func end() throws(Failure)
}

extension OutputSink where Self: ~Copyable {
  /// Writes a whole file.
  public mutating func write(file name: String, _ bytes: [UInt8]) throws(Failure) {
    try begin(name)
    var failure: Failure?
    bytes.withUnsafeBytes { whole in
      do throws(Failure) { try write(whole) } catch { failure = error }
    }
    if let failure { throw failure }
    try end()
  }
}

/// A file in the making: rows gather in a buffer that is handed to the sink when it is full.
struct RowStream<Sink: OutputSink & ~Copyable>: ~Copyable {
  private static var chunk: Int { 1 << 16 }
  private var buffer = ByteBuffer(capacity: 1 << 17)

  /// Starts file `name` with `header`.
  init(_ name: String, header: String, to sink: inout Sink) throws(Sink.Failure) {
    try sink.begin(name)
    buffer.append(text: header)
  }

  /// Adds what `row` appends, at most `length` bytes.
  mutating func add(
    upTo length: Int, to sink: inout Sink, _ row: (inout ByteBuffer) -> Void
  ) throws(Sink.Failure) {
    buffer.reserve(length)
    row(&buffer)
    if buffer.count >= Self.chunk { try flush(to: &sink) }
  }

  /// Hands over what is left and ends the file.
  mutating func finish(to sink: inout Sink) throws(Sink.Failure) {
    try flush(to: &sink)
    try sink.end()
  }

  private mutating func flush(to sink: inout Sink) throws(Sink.Failure) {
    try buffer.withBytes { bytes throws(Sink.Failure) in try sink.write(bytes) }
    buffer.removeAll()
  }
}
