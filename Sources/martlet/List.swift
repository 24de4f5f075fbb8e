internal import ArgumentParser
internal import Experiment
internal import Files

/// `martlet list`: the names that an experiment can use.
struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists what an experiment can name.",
    discussion: "Without a kind: the kinds. In JSON every field is in base units, 0 is null where"
      + " it means none or not known.")

  @Argument(
    help: ArgumentHelp(
      "One of \(ListingKind.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "kind"), completion: .list(ListingKind.allCases.map(\.rawValue)))
  var kind: String?

  @Flag(help: "Prints a JSON array of objects with every field, options included.")
  var json = false

  @Flag(help: "Prints the options of each policy with their defaults.")
  var options = false

  func run() throws {
    let scenarios = Listing.scenarioDirectory(
      near: ["/proc/self/exe"] + CommandLine.arguments.prefix(1))
    let listing: Listing
    if let kind {
      let kind = try ListingKind(named: kind)
      if options { try kind.checkOptions() }
      listing = Listing(kind, scenarios: scenarios)
    } else {
      guard !options else { throw ConfigError(.flag("--options"), "needs a kind") }
      listing = .overview(scenarios: scenarios)
    }
    for note in listing.notes { printError(note) }
    print(json ? listing.json.text : listing.text(options: options), terminator: "")
  }
}
