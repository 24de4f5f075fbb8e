internal import Glibc

/// Whole runs of the program, files included, as the system accounts for them.
enum Process {
  /// A directory of this benchmark.
  static let scratch: String = {
    var path = Array("/tmp/martlet-bench-XXXXXX".utf8CString)
    guard mkdtemp(&path) != nil else { preconditionFailure("cannot make a directory in /tmp") }
    return path.withUnsafeBufferPointer { String(cString: $0.baseAddress.unsafelyUnwrapped) }
  }()

  /// CPU milliseconds, user and system together, and the peak resident set of one run of
  /// Workloads/codellama-34b-512-128.yaml at six requests a second and instance.
  static func martlet(requests: Int, instances: Int) -> (milliseconds: Double, megabytes: Double) {
    let program = CommandLine.arguments.count > 2 ? CommandLine.arguments[2] : ""
    return run([
      program, "run", "Workloads/codellama-34b-512-128.yaml", "--quiet", "--force",
      "--out", "\(scratch)/out", "--set", "cluster.instances=\(instances)",
      "--set", "workload.generate.requests=\(requests)",
      "--set", "workload.generate.arrivals.rate=\(6 * instances)",
    ])
  }

  private static func run(_ words: [String]) -> (milliseconds: Double, megabytes: Double) {
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var pid = pid_t()
    guard posix_spawn(&pid, words[0], nil, nil, &arguments, environ) == 0 else {
      complain("cannot start \(words[0]); usage: Bench RESULTS.csv MARTLET")
      exit(2)
    }
    var status: Int32 = 0
    var usage = rusage()
    wait4(pid, &status, 0, &usage)
    guard status == 0 else {
      complain("\(words.joined(separator: " ")) ended with status \(status >> 8)")
      exit(2)
    }
    let micros = [usage.ru_utime, usage.ru_stime].reduce(0.0) {
      $0 + Double($1.tv_sec) * 1e6 + Double($1.tv_usec)
    }
    return (micros / 1e3, Double(usage.ru_maxrss) / 1e3)
  }

  /// Removes `scratch` and what lies in it.
  static func cleanUp() {
    _ = run(["/bin/rm", "-rf", scratch])
  }
}
