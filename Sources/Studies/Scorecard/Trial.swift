internal import Experiment
internal import Files

/// One number that claims need: a run or a search of one system, with one seed.
struct Trial: Sendable, Hashable {
  let file: String
  let settings: [String]
  let seed: UInt64
  /// The search; nil for a run.
  let search: Search?
  /// Constants that are off.
  let perturbation: Perturbation?

  /// What `martlet capacity` is asked.
  struct Search: Sendable, Hashable {
    let slo: String
    let vary: String
    let least: Double?
    let most: Double?
    /// Whether the key has no direction of its own and more of it is harder.
    let findsLargest: Bool
  }

  /// The trial of `side` of `claim`, with `value` for the key that it goes over.
  init(
    _ claim: Claim, _ side: Claim.Side, value: String?, seed: UInt64, _ perturbation: Perturbation?
  ) {
    file = claim.file
    let over = claim.over.flatMap { over in value.map { ["\(over.key)=\($0)"] } } ?? []
    settings = side.settings + over
    self.perturbation = perturbation
    self.seed = seed
    switch claim.measure {
    case .key: search = nil
    case .capacity(let asked): search = asked
    }
  }

  private func changes() throws(ConfigError) -> [Override] {
    var list: [Override] = []
    for text in settings { list.append(try Override(text)) }
    guard let perturbation else { return list }
    let text = try ExperimentConfig.text(of: file)
    let config = try ExperimentConfig.read(text, file: file, overrides: list, seed: seed)
    for text in try perturbation.settings(for: config) { list.append(try Override(text)) }
    return list
  }

  /// What claims set is a fault of their file: nobody has typed the flag that it is handed over as.
  func located(_ error: ConfigError) -> ConfigError {
    guard case .flag(let flag)? = error.place, flag.hasPrefix("--set ") else { return error }
    return ConfigError(
      .file(Paths.join(Paths.directory(of: file), ClaimReader.file)),
      key: String(flag.dropFirst("--set ".count)),
      "of \(Paths.last(of: file)), as a claim sets it: \(error.message)")
  }

  /// The experiment, checked.
  func config() throws(ConfigError) -> ExperimentConfig {
    let text = try ExperimentConfig.text(of: file)
    let config = try ExperimentConfig.read(
      text, file: file, overrides: try changes(), seed: seed)
    _ = try Assembly(config)
    return config
  }

  /// The search as a question; nil for a run.
  func question() throws(ConfigError) -> CapacityQuestion? {
    guard let search else { return nil }
    var question = CapacityQuestion(file, vary: search.vary)
    question.overrides = try changes()
    question.seed = seed
    question.slo = search.slo
    (question.least, question.most) = (search.least, search.most)
    if search.findsLargest { question.goal = .largest }
    return question
  }
}
