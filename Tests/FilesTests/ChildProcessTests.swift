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
      output: output, errors: errors, in: ScratchDirectory())
    #expect(code == 7)
    #expect(try String(contentsOfFile: output, encoding: .utf8) == "$(touch x); 'a'")
    #expect(try String(contentsOfFile: errors, encoding: .utf8) == "no\n")
    let killed = try ChildProcess.run(
      ["sh", "-c", "kill -9 $$"], output: output, errors: errors, in: ScratchDirectory())
    #expect(killed == 137)
  }

  @Test func `a program that is not there is missing`() throws {
    let directory = try TestDirectory()
    let scratch = try ScratchDirectory()
    do throws(Posix.Failure) {
      _ = try ChildProcess.run(
        ["martlet-none"], output: "\(directory.path)/o", errors: "\(directory.path)/e",
        in: scratch)
      Issue.record("it started")
    } catch {
      #expect(error.isMissing)
    }
  }

  @Test(.timeLimit(.minutes(1))) func `a program that hangs is ended at its limit`() throws {
    let scratch = try ScratchDirectory()
    let time = ContinuousClock().measure {
      do throws(Posix.Failure) {
        _ = try ChildProcess.run(
          ["sleep", "50"], output: "\(scratch.path)/o", errors: "\(scratch.path)/e",
          in: scratch, limit: 0.3)
        Issue.record("it ended")
      } catch {
        #expect(error.isLate)
      }
    }
    #expect(time >= .milliseconds(300) && time < .seconds(20))
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
