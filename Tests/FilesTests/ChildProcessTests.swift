import Files
import Foundation
import TestSupport
import Testing

@Suite struct ChildProcessTests {
  @Test func `output, errors and code are the program's, its arguments are not read by a shell`()
    throws
  {
    let directory = try TestDirectory()
    let (output, errors) = ("\(directory.path)/o", "\(directory.path)/e")
    let code = try ChildProcess.run(
      ["sh", "-c", "printf '%s' \"$1\"; echo no >&2; exit 7", "sh", "$(touch x); 'a'"],
      output: output, errors: errors)
    #expect(code == 7)
    #expect(try String(contentsOfFile: output, encoding: .utf8) == "$(touch x); 'a'")
    #expect(try String(contentsOfFile: errors, encoding: .utf8) == "no\n")
    let killed = try ChildProcess.run(
      ["sh", "-c", "kill -9 $$"], output: output, errors: errors)
    #expect(killed == 137)
  }

  @Test func `a program that is not there is missing`() throws {
    let directory = try TestDirectory()
    do throws(Posix.Failure) {
      _ = try ChildProcess.run(
        ["martlet-none"], output: "\(directory.path)/o", errors: "\(directory.path)/e")
      Issue.record("it started")
    } catch {
      #expect(error.isMissing)
    }
  }

  @Test func `a scratch directory goes with its owner`() throws {
    func use() throws -> String {
      let scratch = try ScratchDirectory()
      let path = scratch.path
      #expect(FileManager.default.fileExists(atPath: path))
      return path
    }
    #expect(!FileManager.default.fileExists(atPath: try use()))
  }
}
