internal import Synchronization

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Another program that runs to its end, without a shell.
package enum ChildProcess {
  /// Runs the program `arguments[0]`, looked for along PATH, and answers its exit code (128 + the
  /// signal's number when it was killed).
  ///
  /// Its input is empty, its output goes to new files at `output` and `errors`. Of the environment
  /// it has PATH alone, a fixed locale and no home, so that no setting of the user's reaches it.
  ///
  /// An interruption that removes `scratch` ends the program too. It is killed after `limit`
  /// seconds.
  ///
  /// - Throws: `Posix.Failure`, `isMissing` when there is no such program, `isLate` when it was
  ///   killed at the limit.
  package static func run(
    _ arguments: [String], output: String, errors: String, in scratch: borrowing ScratchDirectory,
    limit: Double = 120
  ) throws(Posix.Failure) -> Int32 {
    try run(arguments, output: output, errors: errors, as: scratch.child, limit: limit)
  }

  private static func run(
    _ arguments: [String], output: String, errors: String, as running: RunningChild,
    limit: Double
  ) throws(Posix.Failure) -> Int32 {
    #if canImport(Darwin)
    var actions: posix_spawn_file_actions_t?
    var attributes: posix_spawnattr_t?
    #else
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    // Signals that this process waits for in a thread are blocked; the child wants them.
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

    let code = running.start { child in
      withCStrings(arguments) { arguments in
        withCStrings(environment) { environment in
          guard let program = arguments[0] else { return ENOMEM }
          return posix_spawnp(&child, program, &actions, &attributes, arguments, environment)
        }
      }
    }
    guard code == 0 else { throw Posix.Failure(code: code) }
    return try running.wait(limit: limit)
  }

  private static var environment: [String] {
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
    return ["PATH=\(path)", "LC_ALL=C.UTF-8", "HOME=/nonexistent", "SOURCE_DATE_EPOCH=0"]
  }

  /// Hands `body` the strings as C has them, nil at the end.
  private static func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
  }
}

/// The program that a `ChildProcess` runs, where the thread that handles interruptions finds it.
final class RunningChild: Sendable {
  /// 0 when none runs.
  ///
  /// Held while one is started and while one is reaped: no interruption falls
  /// between the start and the note, and none can hit another process with a used number.
  private let id = Mutex<pid_t>(0)

  /// Notes the child that `spawn` starts; answers its code.
  func start(_ spawn: (inout pid_t) -> Int32) -> Int32 {
    id.withLock { id in
      var child = pid_t()
      let code = spawn(&child)
      id = code == 0 ? child : 0
      return code
    }
  }

  /// Waits for its end; see `ChildProcess.run`.
  func wait(limit: Double) throws(Posix.Failure) -> Int32 {
    let child = id.withLock { $0 }
    let start = ContinuousClock.now
    var isLate = false
    while true {
      var status: Int32 = 0
      let found = id.withLock { id in
        let found = waitpid(child, &status, WNOHANG)
        guard found < 0 else {
          if found == child { id = 0 }
          return found
        }
        if errno != EINTR { id = 0 }
        return -errno
      }
      if found == child {
        guard !isLate else { throw Posix.Failure(code: ETIMEDOUT) }
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : 128 + signal
      }
      guard found == 0 || found == -EINTR else { throw Posix.Failure(code: -found) }
      let time = ContinuousClock.now - start
      if !isLate, time > .seconds(limit) {
        isLate = true
        kill()
      }
      // Most programs end within a tenth of a second: they are asked often, others seldom.
      usleep(time < .seconds(1) ? 500 : 20_000)
    }
  }

  /// Ends it at once, if one runs.
  func kill() {
    id.withLock { id in
      if id > 0 { _ = sendSignal(id, SIGKILL) }
    }
  }
}

/// `kill` of the system, which a method of that name hides.
private func sendSignal(_ process: pid_t, _ signal: Int32) -> Int32 { kill(process, signal) }

/// A directory that is deleted with its owner, for what a child process reads and writes.
package struct ScratchDirectory: ~Copyable {
  package let path: String
  private let interruption: Interruption
  /// What runs in it.
  fileprivate let child = RunningChild()

  /// A new directory under TMPDIR, /tmp by default.
  package init() throws(Posix.Failure) {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/martlet-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw .last }
    path = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    interruption = Interruption(removing: path, ending: child)
  }

  deinit {
    interruption.hold()
    Posix.remove(path)
    interruption.release()
  }
}
