internal import Synchronization

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Hands the interruptions of the process (SIGINT, SIGTERM, SIGHUP) to a handler.
///
/// A thread waits for the signals, which its maker and all later threads block: a signal handler
/// could neither allocate nor find what it needs without a global variable. A signal that the
/// process was started to ignore, as `nohup` does, stays ignored.
package struct SignalWatch {
  private let thread: Thread?
  private let previous: sigset_t

  /// Calls `handler` with the number of each signal until `hold`.
  package init(_ handler: @escaping @Sendable (Int32) -> Void) {
    var signals = Self.signals
    var previous = sigset_t()
    pthread_sigmask(SIG_BLOCK, &signals, &previous)
    self.previous = previous
    // Without a thread the interruptions stay pending.
    thread = Thread {
      var signals = Self.signals
      while true {
        var received: Int32 = 0
        guard sigwait(&signals, &received) == 0 else { continue }
        guard received != SIGUSR2 else { return }
        handler(received)
      }
    }
  }

  /// From now on an interruption stays pending: what follows is not cut in half.
  package func hold() {
    guard let thread else { return }
    thread.send(SIGUSR2)
    thread.join()
  }

  /// Leaves the signals, pending ones too, to whoever had them before; `hold` comes first.
  package func release() {
    var previous = previous
    pthread_sigmask(SIG_SETMASK, &previous, nil)
  }

  /// The interruptions, and the signal that ends the waiting.
  private static var signals: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(signal) {
      sigaddset(&signals, signal)
    }
    sigaddset(&signals, SIGUSR2)
    return signals
  }

  private static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(signal, nil, &action) == 0 else { return false }
    // The handler comes first in the structure; SIG_IGN is the address 1.
    return withUnsafeBytes(of: action) { $0.load(as: Int.self) } == 1
  }
}

/// Notes an interruption so that work can end at a good place; a second one ends the process.
package final class StopRequest: Sendable {
  private let received = Atomic<Int32>(0)

  /// Nothing asked yet.
  package init() {}

  /// The signal that asked to stop; nil until then.
  package var signal: Int32? {
    let signal = received.load(ordering: .relaxed)
    return signal == 0 ? nil : signal
  }

  /// Notes `signal`.
  package func note(_ signal: Int32) {
    if received.exchange(signal, ordering: .relaxed) != 0 { _exit(128 + signal) }
  }
}
