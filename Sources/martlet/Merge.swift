internal import ArgumentParser
internal import Experiment
internal import Files
internal import Studies

/// `martlet merge`: the shards of a sweep as one table.
struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Builds sweep.csv from the finished shards of a sweep.",
    discussion: "Refuses a sweep that lacks points or has one twice; exits with 3 when points "
      + "failed, as sweep does.")

  @Argument(help: "The directory of the sweep.", completion: .directory)
  var directory: String

  @Flag(help: "Prints no answer.")
  var quiet = false

  @Flag(help: "Prints JSON.")
  var json = false

  func run() throws {
    let directory = try SweepDirectory(existing: directory)
    let merged = try directory.merge()
    if json {
      printBytes(merged.json(directory).bytes)
    } else if !quiet {
      let failed = merged.failed > 0 ? " (\(merged.failed) failed)" : ""
      print("\(merged.points) points\(failed)")
      print("wrote \(directory.path)/{\(merged.files.joined(separator: ","))}")
    }
    if merged.failed > 0 {
      checkOutput()
      leave(with: .failures)
    }
  }
}
