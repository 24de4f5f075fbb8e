internal import Files
internal import Kernel

extension PolicyConfig {
  /// The one of `types` that it names; `kind` says what they are, for messages.
  func pick<Kind>(
    _ kind: String, of types: [Kind], _ nameOf: (Kind) -> String
  ) throws(ConfigError) -> Kind {
    guard let type = types.first(where: { nameOf($0) == name.value }) else {
      throw .unknown(kind, name.value, known: types.map(nameOf), at: name.place)
    }
    return type
  }

  /// Its options, in which `fault` finds nothing wrong, and their texts; `shared` are the keys that
  /// stand beside them.
  func options<Options: PolicyOptions>(
    _ kind: String, shared: [String] = [], fault: (Options) -> String?
  ) throws(ConfigError) -> (Options, texts: [(name: String, text: String)]) {
    let options = try decodeOptions(Options.self, from: self, kind: kind, shared: shared)
    if let fault = fault(options) {
      throw ConfigError(name.place, "\(kind) \(name.value): \(fault)").misfit
    }
    return (options, optionTexts(options))
  }
}
