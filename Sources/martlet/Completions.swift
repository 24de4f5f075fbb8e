internal import ArgumentParser
internal import Experiment
internal import Files

/// `martlet completions`: what makes a shell complete verbs, flags, files and names.
struct Completions: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completions", abstract: "Prints a completion script for a shell.",
    discussion: """
      bash: source <(martlet completions bash)
      zsh: martlet completions zsh > DIR/_martlet, with DIR in fpath
      fish: martlet completions fish > ~/.config/fish/completions/martlet.fish
      """)

  private static let shells = CompletionShell.allCases.map(\.rawValue)

  @Argument(
    help: "One of \(shells.joined(separator: ", ")).", completion: .list(shells))
  var shell: String

  func run() throws {
    guard let known = CompletionShell(rawValue: shell) else {
      throw ConfigError.unknown("shell", shell, known: Self.shells, at: nil)
    }
    print(Martlet.completionScript(for: known))
  }
}

extension CompletionKind {
  /// The names that `martlet list` shows for `kind`.
  static func names(_ kind: ListingKind) -> CompletionKind {
    .custom { _, _, _ in Listing(kind).names }
  }
}
