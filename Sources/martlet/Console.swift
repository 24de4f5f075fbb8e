internal import Experiment
internal import Files

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// How the process ended, for scripts.
struct Status: RawRepresentable, Equatable {
  let rawValue: Int32

  /// The answer stands on standard output.
  static let done = Status(rawValue: 0)
  /// The answer is no: worse than before, or no value meets the SLOs.
  static let worse = Status(rawValue: 1)
  /// Usage or configuration error: the same command will fail again.
  static let usage = Status(rawValue: 2)
  /// Some points of a sweep failed.
  static let failures = Status(rawValue: 3)
  /// Stopped by the progress watchdog.
  static let stuck = Status(rawValue: 4)
}

/// Ends the process.
func leave(with status: Status) -> Never { exit(status.rawValue) }

/// The file descriptor of standard output.
let standardOutput: Int32 = 1
/// The file descriptor of standard error.
let standardError: Int32 = 2

/// Whether a person reads what is written to `file`.
func isTerminal(_ file: Int32) -> Bool { isatty(file) == 1 }

/// Writes `bytes` to `file`, standard output by default, after what `print` has gathered.
func printBytes(_ bytes: [UInt8], to file: Int32 = 1) {
  fflush(nil)
  var rest = bytes[...]
  while !rest.isEmpty {
    let written = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    guard written > 0 else {
      guard file == 1 else { return }
      printError("error: standard output cannot be written")
      leave(with: .usage)
    }
    rest = rest.dropFirst(written)
  }
}

/// Seconds on a clock that never goes back.
func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Ends the process with an error when what was printed did not reach standard output.
func checkOutput() {
  guard fflush(nil) != 0 else { return }
  printError("error: standard output cannot be written")
  leave(with: .usage)
}
