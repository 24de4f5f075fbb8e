extension ConfigNode {
  /// The same value as JSON; unquoted text that reads as a number or truth value becomes one.
  package var json: JSON {
    switch content {
    case .null: .null
    case .scalar(let text, let quoted): quoted ? .string(text) : Self.plain(text)
    case .sequence(let nodes): .array(nodes.map(\.json))
    case .mapping(let entries): .object(entries.map { ($0.key, $0.value.json) })
    }
  }

  private static func plain(_ text: String) -> JSON {
    if let truth = Scalar.bool(text) { return .bool(truth) }
    if let whole = Int64(text) { return .integer(whole) }
    if let number = Double(text), number.isFinite { return .number(number) }
    return .string(text)
  }
}
