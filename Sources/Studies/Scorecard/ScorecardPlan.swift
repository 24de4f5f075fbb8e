internal import Experiment
public import Files

/// The claims of all papers, or of those that were asked for, before anything runs.
public struct ScorecardPlan: Sendable {
  /// Where the papers' folders lie, seen from the root of the repository.
  public static let folder = "Workloads/papers"

  let claims: [Claim]
  /// Whose rows are left out because a file is not there, by row.
  let isSkipped: [Bool]
  /// Constants of the cost model that are off; nil when they are as they are.
  let perturbation: Perturbation?

  /// Reads the claims of each folder in the directory at `path` that has some; `filters` keep those
  /// that have one of them in the system's, the scenario's or the claim's name.
  ///
  /// - Throws: `ConfigError` for the first fault of any file, and when no claim is left.
  public init(of path: String, filters: [String] = []) throws(ConfigError) {
    var claims: [Claim] = []
    for name in try Self.folders(in: path) {
      claims += try ClaimReader.claims(of: Paths.join(path, name))
    }
    guard !claims.isEmpty else {
      throw ConfigError(.file(path), "has no folder with a \(ClaimReader.file)")
    }
    let kept = claims.filter { claim in
      filters.isEmpty
        || filters.contains { filter in
          [claim.system, claim.scenario, claim.text].contains {
            $0.lowercased().contains(filter.lowercased())
          }
        }
    }
    guard !kept.isEmpty else {
      var systems: [String] = []
      for claim in claims where !systems.contains(claim.system) { systems.append(claim.system) }
      throw .unknown("claim", filters[0], known: systems, at: nil)
    }
    self.init(kept)
  }

  /// `claims`, with the constants of `perturbation` off.
  init(_ claims: [Claim], _ perturbation: Perturbation? = nil) {
    self.claims = claims
    self.perturbation = perturbation
    isSkipped = claims.map { claim in
      claim.needs.map { (try? Posix.kind(of: $0)) != .file } ?? false
    }
  }

  private static func folders(in path: String) throws(ConfigError) -> [String] {
    do {
      return try Posix.names(in: path).filter {
        (try? Posix.kind(of: Paths.join(Paths.join(path, $0), ClaimReader.file))) == .file
      }.sorted()
    } catch {
      throw ConfigError(
        .file(path),
        "cannot be read: \(error.reason); run in the root of the repository, or name --papers")
    }
  }
}
