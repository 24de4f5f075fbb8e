internal import Experiment
public import Files

extension SweepOutcome {
  /// The answer of `martlet sweep --json`; `files` are those written into `directory`.
  public func json(_ directory: SweepDirectory, files: [String]) -> JSON {
    .object([
      ("directory", .string(directory.path)), ("points", .integer(Int64(points))),
      ("kept", .integer(Int64(kept))), ("ran", .integer(Int64(ran))),
      ("failed", .integer(Int64(failed))), ("files", .array(files.map { .string($0) })),
    ])
  }
}

extension MergedSweep {
  /// The answer of `martlet merge --json`.
  public func json(_ directory: SweepDirectory) -> JSON {
    .object([
      ("directory", .string(directory.path)), ("points", .integer(Int64(points))),
      ("failed", .integer(Int64(failed))), ("files", .array(files.map { .string($0) })),
    ])
  }
}
