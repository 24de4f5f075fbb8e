#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Version of the tool, as in `summary.json`.
let toolVersion = "0.1.0"

/// How the process ended, for scripts.
struct Status: RawRepresentable, Equatable {
  let rawValue: Int32

  /// The answer stands on standard output.
  static let done = Status(rawValue: 0)
  /// Usage or configuration error: the same command will fail again.
  static let usage = Status(rawValue: 2)
  /// Stopped by the progress watchdog.
  static let stuck = Status(rawValue: 4)
}

/// Ends the process.
func leave(with status: Status) -> Never { exit(status.rawValue) }
