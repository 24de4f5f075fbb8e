import Foundation

/// The executable that was built beside the tests.
package enum Binary {
  package struct Outcome {
    package let code: Int32
    package let output: String
    package let errors: String
  }

  /// The executable beside the test bundle; nil when it is not built.
  private static let executable: String? = {
    var url = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    var candidates: [String] = []
    // On macOS the tests lie three directories deep in their bundle.
    for _ in 0..<4 {
      url.deleteLastPathComponent()
      candidates.append(url.appendingPathComponent("martlet").path)
    }
    return candidates.first { path in
      var isDirectory: ObjCBool = false
      return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
        && !isDirectory.boolValue && FileManager.default.isExecutableFile(atPath: path)
    }
  }()

  /// Runs martlet with `arguments` in `directory`; nil, said once, without an executable.
  ///
  /// With `signal` it is sent that signal once `when` has returned; its code is then 128 + the
  /// signal's number unless it ended by itself.
  package static func martlet(
    _ arguments: [String], in directory: TestDirectory, signal: (Int32, when: () -> Void)? = nil
  ) throws -> Outcome? {
    guard let executable = executable else {
      // `swift test` builds every product, so its absence is a fault, not a reason to skip.
      throw CocoaError(.fileNoSuchFile)
    }
    return try run(executable, arguments, in: directory, signal: signal)
  }

  /// Runs a shell script in which `$0` is martlet.
  package static func shell(_ script: String, in directory: TestDirectory) throws -> Outcome? {
    guard let executable else { throw CocoaError(.fileNoSuchFile) }
    return try run("/bin/bash", ["-c", script, executable], in: directory, signal: nil)
  }

  private static func run(
    _ executable: String, _ arguments: [String], in directory: TestDirectory,
    signal: (Int32, when: () -> Void)?
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
    // Files, not pipes: a pipe that nobody empties would stop the process.
    let scratch = try TestDirectory()
    let (output, errors) = (
      try scratch.write("", to: "output"), try scratch.write("", to: "errors")
    )
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
    if let signal {
      signal.when()
      kill(process.processIdentifier, signal.0)
    }
    process.waitUntilExit()
    let isKilled = process.terminationReason == .uncaughtSignal
    return Outcome(
      code: process.terminationStatus + (isKilled ? 128 : 0),
      output: try String(contentsOfFile: output, encoding: .utf8),
      errors: try String(contentsOfFile: errors, encoding: .utf8))
  }
}
