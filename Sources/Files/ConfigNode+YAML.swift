internal import Yams

extension ConfigNode {
  /// Reads one YAML document (or JSON, which is a subset) of the file called `file`.
  ///
  /// - Throws: `ConfigError` with the line when it is not YAML, holds a key twice or more than one
  ///   document.
  package init(yaml: String, file: String) throws(ConfigError) {
    do {
      // No resolver: its rules are regular expressions, slow to start, and the types are ours.
      // The encoding is named because the default asks the environment.
      let parser = try Parser(
        yaml: yaml, resolver: .basic, constructor: Constructor([:], [:], [:]), encoding: .utf8)
      guard let root = try parser.singleRoot() else {
        self.init(.null, at: .file(file))
        return
      }
      var translation = Translation(file: file)
      self = try translation.node(root)
    } catch let error as ConfigError {
      throw error
    } catch let error as YamlError {
      throw ConfigError(error, in: file, yaml: yaml)
    } catch {
      throw ConfigError(.file(file), "\(error)")
    }
  }
}

/// Turns the nodes of Yams into ours.
private struct Translation {
  package let file: String
  /// Nodes still allowed: aliases of aliases can name billions in a few lines.
  package var left = 100_000

  package mutating func node(_ node: Node) throws -> ConfigNode {
    left -= 1
    let place = place(of: node)
    guard left > 0 else { throw ConfigError(place, "more than 100000 values, aliases expanded") }
    switch node {
    case .scalar(let scalar): return ConfigNode(try content(of: scalar, at: place), at: place)
    case .sequence(let sequence):
      return ConfigNode(.sequence(try sequence.map { try self.node($0) }), at: place)
    case .mapping(let mapping):
      return ConfigNode(.mapping(try mapping.map { try entry($0.key, $0.value) }), at: place)
    case .alias: throw ConfigError(place, "an alias without its anchor")
    }
  }

  private mutating func entry(_ key: Node, _ value: Node) throws -> ConfigNode.Entry {
    guard case .scalar(let name) = key else {
      throw ConfigError(place(of: key), "a key must be text")
    }
    return ConfigNode.Entry(key: name.string, place: place(of: key), value: try node(value))
  }

  private func content(of scalar: Node.Scalar, at place: Place) throws -> ConfigNode.Content {
    let tag = scalar.tag.rawValue
    guard tag.isEmpty || tag == Tag.Name.str.rawValue else {
      throw ConfigError(place, "tag \(tag) has no meaning here; write the value alone")
    }
    let quoted = scalar.style != .plain
    if !quoted, ["", "~", "null", "Null", "NULL"].contains(scalar.string) { return .null }
    return .scalar(scalar.string, quoted: quoted)
  }

  private func place(of node: Node) -> Place {
    guard let mark = node.mark else { return .file(file) }
    return .line(file: file, mark.line)
  }
}

extension ConfigError {
  /// The fault that Yams found, in one line.
  fileprivate init(_ error: YamlError, in file: String, yaml: String) {
    switch error {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let begin = context.map { " (\($0.text), line \($0.mark.line))" } ?? ""
      self.init(.line(file: file, mark.line), "not YAML: \(problem)\(begin)")
    case .reader(let problem, let offset, _, let yaml):
      let before = offset.map { yaml.prefix($0) } ?? ""
      let line = 1 + before.count { $0.isNewline }
      self.init(.line(file: file, line), "not YAML: \(problem)")
    case .duplicatedKeysInMapping(let keys, let context):
      let names = keys.map { "\"\($0)\"" }.joined(separator: ", ")
      self.init(
        .line(file: file, context.mark.line),
        "\(names) stands twice in the same mapping; a key is written once")
    default: self.init(.file(file), "not YAML: \(error)")
    }
  }
}
