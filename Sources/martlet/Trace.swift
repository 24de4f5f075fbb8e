internal import ArgumentParser
internal import Files

/// `martlet trace`: files of requests.
struct Trace: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace", abstract: "Describes and writes files of requests.",
    subcommands: [TraceInfo.self, TraceConvert.self, TraceGenerate.self])
}
