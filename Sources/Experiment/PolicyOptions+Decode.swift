public import Files
public import Kernel

/// Reads the options of a policy over the defaults of `Options`.
///
/// `kind` says what the policy is, for messages: `scheduler`; `shared` are the keys that all of a
/// kind have, which are read elsewhere.
///
/// - Throws: `ConfigError` for an option that `Options` lacks, a text of the wrong type, an option
///   written twice, or settings that do not go together.
public func decodeOptions<Options: PolicyOptions>(
  _ type: Options.Type, from policy: PolicyConfig, kind: String, shared: [String] = []
) throws(ConfigError) -> Options {
  let known = optionDefaults(type)
  let owner = "\(kind) \(policy.name.value)"
  var texts: [String: String] = [:]
  for option in known { texts[option.name] = option.text }
  for option in policy.options {
    guard texts[option.name] != nil else {
      throw .unknown(
        "option of \(owner)", option.name, known: known.map(\.name) + shared, at: option.place)
    }
    texts[option.name] = option.text
  }
  let options: Options
  do {
    options = try Options(from: OptionDecoder(texts: texts, codingPath: []))
  } catch let error as DecodingError {
    throw ConfigError(error, in: policy)
  } catch {
    throw policy.name.error("\(error)")
  }
  if let fault = options.fault { throw ConfigError(policy.name.place, "\(owner): \(fault)") }
  return options
}

/// The options of a policy with their defaults as text, in the order of their declaration.
public func optionDefaults<Options: PolicyOptions>(
  _ type: Options.Type
) -> [(name: String, text: String)] {
  optionTexts(Options())
}

/// The options of a policy with their values as text, in the order of their declaration.
public func optionTexts(_ options: some PolicyOptions) -> [(name: String, text: String)] {
  let encoder = OptionEncoder()
  do {
    try options.encode(to: encoder)
  } catch {
    preconditionFailure("options \(type(of: options)) are not plain values: \(error)")
  }
  return encoder.texts.entries
}

/// `maxNumSeqs` → `max_num_seqs`; a run of capitals is one word: `maxKVTokens` → `max_kv_tokens`.
func snakeCase(_ name: String) -> String {
  let letters = Array(name)
  var result = ""
  for (i, letter) in letters.enumerated() {
    let next = i + 1 < letters.count ? letters[i + 1] : "A"
    let starts = letter.isUppercase && i > 0 && (!letters[i - 1].isUppercase || next.isLowercase)
    if starts { result += "_" }
    result += letter.lowercased()
  }
  return result
}

extension ConfigError {
  /// What is wrong with the option that `error` blames.
  fileprivate init(_ error: DecodingError, in policy: PolicyConfig) {
    let context: DecodingError.Context
    switch error {
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found),
      .keyNotFound(_, let found):
      context = found
    @unknown default:
      self = policy.name.error("\(error)")
      return
    }
    let name = context.codingPath.first.map { snakeCase($0.stringValue) } ?? ""
    // Later settings win, as they do when they are laid over the defaults.
    let option = policy.options.last { $0.name == name }
    self.init(
      option?.place ?? policy.name.place, key: "\(policy.name.key).\(name)",
      context.debugDescription)
  }
}
