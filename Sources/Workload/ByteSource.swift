internal import CZlib

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The bytes of a file, gunzipped when it begins as gzip does; pipes work as files do.
struct ByteSource: ~Copyable {
  private let path: String
  private let file: FileDescriptor
  private let inflater: Inflater?
  /// Bytes taken from the file to tell what it is, or not yet inflated.
  private var input: [UInt8]
  private var inputStart = 0

  /// Opens `path`; `chunk` is the size of reads from a compressed file.
  init(path: String, chunk: Int) throws(TraceError) {
    let file = try FileDescriptor(path: path)
    var magic = [UInt8](repeating: 0, count: 4)
    var count = 0
    while count < magic.count {
      let more = try file.read(into: &magic, from: count)
      if more == 0 { break }
      count += more
    }
    magic.removeLast(magic.count - count)
    if magic.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) || magic.starts(with: [0x50, 0x4B, 3, 4]) {
      throw TraceError(path, "is compressed with zstd or zip; only gzip and plain text can be read")
    }
    let isGzip = magic.starts(with: [0x1F, 0x8B])
    if isGzip { magic.reserveCapacity(max(chunk, magic.count)) }
    self.init(
      path: path, file: file, inflater: isGzip ? try Inflater(path: path) : nil, input: magic)
  }

  private init(
    path: String, file: consuming FileDescriptor, inflater: Inflater?, input: [UInt8]
  ) {
    self.path = path
    self.file = file
    self.inflater = inflater
    self.input = input
  }

  /// Fills `buffer` from index `start` on, at least by one byte; 0 at the end of the file.
  mutating func read(into buffer: inout [UInt8], from start: Int) throws(TraceError) -> Int {
    guard inflater != nil else { return try readPlain(into: &buffer, from: start) }
    while true {
      // zlib may hold back output that had no room, so it is asked before the file is.
      let written = try inflate(into: &buffer, from: start)
      if written > 0 { return written }
      if inputStart == input.count, try !refill() { return try endOfGzip() }
    }
  }

  private mutating func readPlain(
    into buffer: inout [UInt8], from start: Int
  ) throws(TraceError) -> Int {
    guard inputStart < input.count else {
      return try file.read(into: &buffer, from: start)
    }
    let count = min(input.count - inputStart, buffer.count - start)
    for i in 0..<count { buffer[start + i] = input[inputStart + i] }
    inputStart += count
    return count
  }

  /// Whether there was more of the compressed file.
  private mutating func refill() throws(TraceError) -> Bool {
    let size = max(input.capacity, 1)
    input.append(contentsOf: repeatElement(0, count: size - input.count))
    let count = try file.read(into: &input, from: 0)
    input.removeLast(size - count)
    inputStart = 0
    return count > 0
  }

  private mutating func inflate(
    into buffer: inout [UInt8], from start: Int
  ) throws(TraceError) -> Int {
    let unread = input[inputStart...]
    guard let step = try inflater?.inflate(unread, into: &buffer, from: start) else { return 0 }
    inputStart += step.read
    return step.written
  }

  private func endOfGzip() throws(TraceError) -> Int {
    if inflater?.isBetweenMembers == true { return 0 }
    throw TraceError(path, "the gzip data end too early: the file is truncated; fetch it again")
  }
}

/// An open file that is closed with its owner.
private struct FileDescriptor: ~Copyable {
  private let number: Int32
  private let path: String

  init(path: String) throws(TraceError) {
    let number = open(path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { throw TraceError(path, "cannot be opened: \(systemMessage())") }
    self.number = number
    self.path = path
  }

  deinit { close(number) }

  /// Fills `buffer` from index `start` on, at least by one byte; 0 at the end of the file.
  func read(into buffer: inout [UInt8], from start: Int) throws(TraceError) -> Int {
    let count = buffer.withUnsafeMutableBytes { bytes in
      let room = UnsafeMutableRawBufferPointer(rebasing: bytes[start...])
      var count = -1
      repeat {
        count = systemRead(number, room.baseAddress, room.count)
      } while count < 0 && errno == EINTR
      return count
    }
    guard count >= 0 else { throw TraceError(path, "cannot be read: \(systemMessage())") }
    return count
  }
}

/// The system's `read`, which methods called `read` hide.
private let systemRead: @Sendable (Int32, UnsafeMutableRawPointer?, Int) -> Int = {
  read($0, $1, $2)
}

/// What the last failed system call says of itself.
private func systemMessage() -> String { String(cString: strerror(errno)) }

/// zlib's state for one gzip file of any number of members.
private final class Inflater {
  // zlib keeps the address of its state, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let path: String
  /// Whether the data may end here.
  private(set) var isBetweenMembers = false

  init(path: String) throws(TraceError) {
    self.path = path
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard czlib_inflate_init(stream) == Z_OK else {
      throw TraceError(path, "no memory to gunzip it")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
  }

  /// Inflates some of `input` into `buffer` from index `start` on.
  func inflate(
    _ input: ArraySlice<UInt8>, into buffer: inout [UInt8], from start: Int
  ) throws(TraceError) -> (read: Int, written: Int) {
    if isBetweenMembers {
      if input.isEmpty { return (0, 0) }
      guard inflateReset(stream) == Z_OK else { throw TraceError(path, "no memory to gunzip it") }
      isBetweenMembers = false
    }
    let state = stream
    let status = input.withUnsafeBytes { source in
      buffer.withUnsafeMutableBytes { target in
        let bytes = source.bindMemory(to: UInt8.self)
        state.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
        state.pointee.avail_in = UInt32(clamping: source.count)
        let room = UnsafeMutableRawBufferPointer(rebasing: target[start...])
        state.pointee.next_out = room.bindMemory(to: UInt8.self).baseAddress
        state.pointee.avail_out = UInt32(clamping: room.count)
        let status = CZlib.inflate(state, Z_NO_FLUSH)
        return (
          code: status, read: source.count - Int(state.pointee.avail_in),
          written: room.count - Int(state.pointee.avail_out)
        )
      }
    }
    switch status.code {
    case Z_STREAM_END: isBetweenMembers = true
    case Z_OK, Z_BUF_ERROR: break
    default:
      let reason = stream.pointee.msg.map { String(cString: $0) } ?? "code \(status.code)"
      throw TraceError(path, "the gzip data are corrupt (\(reason)); fetch the file again")
    }
    return (status.read, status.written)
  }
}
