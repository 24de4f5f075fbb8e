package import Files

extension ConfigNode {
  /// Sets the value at the dotted `path`, making the mappings on the way.
  ///
  /// A policy written as a bare name becomes a mapping with that name, so that its options can be
  /// reached: `engine.scheduler.max_num_seqs` works beside `scheduler: vllm-v1`.
  /// An item of a list is reached by its number from 0.
  ///
  /// - Throws: `ConfigError` when a value on the way is neither a mapping nor a policy's name.
  package mutating func set(
    _ path: ArraySlice<Substring>, to value: ConfigNode, under parent: String = ""
  ) throws(ConfigError) {
    guard let key = path.first else {
      self = value
      return
    }
    let name = parent.isEmpty ? String(key) : "\(parent).\(key)"
    if case .sequence(var items) = content, let index = Int(key) {
      guard items.indices.contains(index) else {
        throw ConfigError(
          value.place, "\(parent) at \(place) has items 0 to \(items.count - 1), no \(index)")
      }
      try items[index].set(path.dropFirst(), to: value, under: name)
      content = .sequence(items)
      return
    }
    var entries: [Entry]
    switch content {
    case .mapping(let old): entries = old
    case .null: entries = []
    case .scalar where ExperimentConfig.isPolicy(parent):
      entries = [Entry(key: "name", place: place, value: self)]
    default:
      throw ConfigError(
        value.place, "\(parent) is \(found) at \(place), not a mapping; it has no key \"\(key)\"")
    }
    let index = entries.firstIndex { $0.key == key }
    var child = index.map { entries[$0].value } ?? ConfigNode(.null, at: value.place)
    try child.set(path.dropFirst(), to: value, under: name)
    if let index {
      entries[index].value = child
      if path.count == 1 { entries[index].place = value.place }
    } else {
      entries.append(Entry(key: String(key), place: value.place, value: child))
    }
    content = .mapping(entries)
  }

  /// The mapping with each of `settings`, a dotted key and its value, set.
  ///
  /// A key is set before those below it, whatever their order, so that `engine.scheduler` does not
  /// undo `engine.scheduler.max_num_seqs`.
  ///
  /// - Throws: `ConfigError` as `set` does.
  package func setting(
    _ settings: [(key: String, value: ConfigNode)]
  ) throws(ConfigError) -> ConfigNode {
    var root = self
    let paths = settings.map { $0.key.split(separator: ".") }
    for depth in 0..<(paths.map(\.count).max() ?? 0) {
      for (path, setting) in zip(paths, settings) where path.count == depth + 1 {
        try root.set(path[...], to: setting.value)
      }
    }
    return root
  }
}
