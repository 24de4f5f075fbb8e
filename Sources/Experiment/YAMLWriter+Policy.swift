internal import Files

extension YAMLWriter {
  /// A policy: its name alone, or with its options; those of the file unless all are known.
  mutating func policy(
    _ key: String, _ policy: PolicyConfig, _ known: [(name: String, text: String)]
  ) {
    let name = Scalar.written(policy.name.value)
    let options = known.isEmpty ? policy.options.map { (name: $0.name, text: $0.text) } : known
    if options.isEmpty { return self.key(key, name) }
    block(key) { out in
      out.key("name", name)
      for option in options { out.key(option.name, Scalar.written(option.text, option: true)) }
    }
  }
}
