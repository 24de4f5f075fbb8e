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
  /// - Throws: `Posix.Failure`, `isMissing` when there is no such program.
  package static func run(
    _ arguments: [String], output: String, errors: String
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

    var child = pid_t()
    let code: Int32 = withCStrings(arguments) { arguments in
      withCStrings(environment) { environment in
        guard let program = arguments[0] else { return ENOMEM }
        return posix_spawnp(&child, program, &actions, &attributes, arguments, environment)
      }
    }
    guard code == 0 else { throw Posix.Failure(code: code) }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 {
      guard errno == EINTR else { throw .last }
    }
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : 128 + signal
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

/// A directory that is deleted with its owner, for what a child process reads and writes.
package struct ScratchDirectory: ~Copyable {
  package let path: String
  private let interruption: Interruption

  /// A new directory under TMPDIR, /tmp by default.
  package init() throws(Posix.Failure) {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/martlet-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw .last }
    path = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    interruption = Interruption(removing: path)
  }

  deinit {
    interruption.hold()
    Posix.remove(path)
    interruption.release()
  }
}
