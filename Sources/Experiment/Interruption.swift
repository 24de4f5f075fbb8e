#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Removes a directory when the process is interrupted (SIGINT, SIGTERM, SIGHUP), then ends the
/// process with 128 + the signal's number.
///
/// A thread waits for the signals, which its maker and all later threads block: a signal handler
/// could neither allocate nor find the directory without a global variable.
struct Interruption {
  private let thread: pthread_t?
  private let previous: sigset_t

  /// Waits for an interruption until `hold`.
  init(removing directory: String) {
    var signals = Self.signals
    var previous = sigset_t()
    pthread_sigmask(SIG_BLOCK, &signals, &previous)
    self.previous = previous
    thread = Self.start(removing: directory)
  }

  /// From now on an interruption stays pending: what follows is not cut in half.
  func hold() {
    guard let thread else { return }
    pthread_kill(thread, SIGUSR2)
    pthread_join(thread, nil)
  }

  /// Leaves the signals, pending ones too, to whoever had them before; `hold` comes first.
  func release() {
    var previous = previous
    pthread_sigmask(SIG_SETMASK, &previous, nil)
  }

  /// Starts the thread; nil when the system has none left, and interruptions then stay pending.
  private static func start(removing directory: String) -> pthread_t? {
    #if canImport(Darwin)
    var thread: pthread_t?
    #else
    var thread = pthread_t()
    #endif
    let path = strdup(directory)
    let code = pthread_create(
      &thread, nil,
      { path in
        Interruption.wait(andRemove: path)
        return nil
      }, path)
    return code == 0 ? thread : nil
  }

  private static func wait(andRemove path: UnsafeMutableRawPointer?) {
    guard let path else { return }
    defer { free(path) }
    var signals = Self.signals
    var received: Int32 = 0
    while sigwait(&signals, &received) != 0 {}
    guard received != SIGUSR2 else { return }
    let directory = String(cString: path.assumingMemoryBound(to: CChar.self))
    // Twice: a file created meanwhile may have kept the directory.
    Posix.remove(directory)
    Posix.remove(directory)
    _exit(128 + received)
  }

  /// The interruptions, and the signal that ends the waiting.
  private static var signals: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGUSR2] { sigaddset(&signals, signal) }
    return signals
  }
}
