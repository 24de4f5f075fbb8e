public import Files

/// One `--set key=value` of the command line.
public struct Override: Sendable {
  /// `key=value` as typed.
  public let text: String
  /// How an error names it, such as `--set engine.block_size`.
  package let place: Place
  /// The dotted key.
  package let key: Substring
  private let value: Substring

  /// The override written `key=value`, the key dotted.
  ///
  /// - Throws: `ConfigError` when there is no `=`, or an empty key or value.
  public init(_ text: String) throws(ConfigError) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      throw ConfigError(.flag("--set \(text)"), "has no \"=\"; write --set key=value")
    }
    self.text = text
    (key, value) = (parts[0], parts[1])
    place = .flag("--set \(key)")
    guard !key.isEmpty, !key.split(separator: ".", omittingEmptySubsequences: false).contains("")
    else {
      throw ConfigError(
        .flag("--set \(text)"), "has an empty key; write --set cluster.instances=4, for example")
    }
    guard value.contains(where: { $0 != " " }) else {
      throw ConfigError(place, "has no value; null takes a value away")
    }
  }

  /// The override of `key` that `flag` stands for, such as `--gpu` for `cluster.gpu`.
  public init(_ key: String, _ value: String, from flag: String) {
    text = "\(key)=\(value)"
    self.key = key[...]
    self.value = value[...]
    place = .flag(flag)
  }

  /// Lays the value over `root`.
  package func apply(to root: inout ConfigNode) throws(ConfigError) {
    let parsed: ConfigNode
    do {
      parsed = try ConfigNode(yaml: String(value), file: "")
    } catch {
      throw ConfigError(place, error.message)
    }
    try root.set(
      key.split(separator: ".")[...], to: parsed.moved(to: place))
  }
}

extension ConfigNode {
  /// The same value, written at `place` throughout.
  package func moved(to place: Place) -> ConfigNode {
    let content: Content =
      switch self.content {
      case .null, .scalar: self.content
      case .sequence(let nodes): .sequence(nodes.map { $0.moved(to: place) })
      case .mapping(let entries):
        .mapping(
          entries.map { Entry(key: $0.key, place: place, value: $0.value.moved(to: place)) })
      }
    return ConfigNode(content, at: place)
  }
}

extension ExperimentConfig {
  /// Reads the experiment file at `path`, lays `overrides` over it in order, then `seed`.
  ///
  /// Paths in the file are relative to it, paths in `overrides` to the working directory.
  ///
  /// - Throws: `ConfigError` for the first fault: unreadable file, syntax, key, type or range.
  public static func load(
    _ path: String, overrides: [Override] = [], seed: UInt64? = nil
  ) throws(ConfigError) -> ExperimentConfig {
    try read(try text(of: path), file: path, overrides: overrides, seed: seed)
  }

  /// Reads an experiment from `yaml`, the text of the file called `file`.
  public static func read(
    _ yaml: String, file: String, overrides: [Override] = [], seed: UInt64? = nil
  ) throws(ConfigError) -> ExperimentConfig {
    var root = try ConfigNode(yaml: yaml, file: file)
    for override in overrides { try override.apply(to: &root) }
    if case .null = root.content {
      throw ConfigError(.file(file), "is empty; an experiment needs model, cluster and workload")
    }
    var config = try ExperimentConfig(root, file: file)
    if let seed { config.seed = seed }
    return config
  }

  /// The text of a small file, without a byte order mark.
  package static func text(of path: String) throws(ConfigError) -> String {
    var bytes = try bytes(of: path)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigError(.file(path), "is not text in UTF-8")
    }
    return text
  }

  /// The bytes of a small file.
  package static func bytes(of path: String) throws(ConfigError) -> [UInt8] {
    do {
      switch try Posix.kind(of: path) {
      case .nothing: throw ConfigError(.file(path), "no such file")
      case .directory: throw ConfigError(.file(path), "is a directory; name a file")
      case .file, .other: return try Posix.readAll(path, limit: 16 << 20)
      }
    } catch let failure as Posix.Failure {
      if failure.isTooLarge {
        throw ConfigError(.file(path), "is larger than 16 MiB; is it a trace?")
      }
      throw ConfigError(.file(path), failure.reason)
    } catch let error as ConfigError {
      throw error
    } catch {
      throw ConfigError(.file(path), "\(error)")
    }
  }
}
