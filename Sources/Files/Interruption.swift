#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Removes a directory when the process is interrupted (SIGINT, SIGTERM, SIGHUP), then ends the
/// process with 128 + the signal's number.
package struct Interruption {
  private let watch: SignalWatch

  /// Waits for an interruption until `hold`.
  package init(removing directory: String) {
    self.init(removing: directory, ending: RunningChild())
  }

  /// The same, and `child` is killed.
  init(removing directory: String, ending child: RunningChild) {
    watch = SignalWatch { received in
      child.kill()
      // Twice: a file created meanwhile may have kept the directory.
      Posix.remove(directory)
      Posix.remove(directory)
      _exit(128 + received)
    }
  }

  /// From now on an interruption stays pending: what follows is not cut in half.
  package func hold() { watch.hold() }

  /// Leaves the signals, pending ones too, to whoever had them before; `hold` comes first.
  package func release() { watch.release() }
}
