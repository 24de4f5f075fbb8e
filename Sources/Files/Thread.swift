#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// A thread of the operating system that runs one closure.
package struct Thread {
  private let id: pthread_t

  /// Carries a closure through the C interface.
  private final class Box: Sendable {
    package let body: @Sendable () -> Void
    package init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Starts a thread that runs `body`; nil when the system has none left.
  package init?(_ body: @escaping @Sendable () -> Void) {
    #if canImport(Darwin)
    var id: pthread_t?
    #else
    var id = pthread_t()
    #endif
    let box = Unmanaged.passRetained(Box(body))
    let code = pthread_create(
      &id, nil,
      { pointer in
        #if canImport(Darwin)
        Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body()
        #else
        guard let pointer else { return nil }
        Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body()
        #endif
        return nil
      }, box.toOpaque())
    guard code == 0 else {
      box.release()
      return nil
    }
    #if canImport(Darwin)
    guard let id else { return nil }
    #endif
    self.id = id
  }

  /// Waits until the closure has returned.
  package func join() { pthread_join(id, nil) }

  /// Sends `signal` to this thread alone.
  package func send(_ signal: Int32) { pthread_kill(id, signal) }
}

/// Runs `body` once for each of 0 ..< `count`, each on a thread of its own (0 on the caller's),
/// and returns when all have returned.
///
/// When the system has fewer threads, the missing calls are left out: `body` must take its work
/// from a shared list.
package func concurrently(_ count: Int, _ body: @Sendable (Int) -> Void) {
  withoutActuallyEscaping(body) { body in
    let threads = (1..<max(1, count)).compactMap { i in Thread { body(i) } }
    body(0)
    for thread in threads { thread.join() }
  }
}

/// CPU cores that this process may use, at least 1.
public func availableCores() -> Int {
  // A batch system grants some of the machine's cores; Linux has them as a hexadecimal mask.
  if let bytes = try? Posix.readAll("/proc/self/status", limit: 1 << 20) {
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    where line.hasPrefix("Cpus_allowed:") {
      let count = line.dropFirst(13).reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
      if count > 0 { return count }
    }
  }
  return max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
}
