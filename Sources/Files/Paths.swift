/// Paths as text.
package enum Paths {
  /// `path` as seen from the working directory: one in a file is relative to that file, one on the
  /// command line is not.
  package static func resolve(_ path: String, at place: Place) -> String {
    guard case .line(let file, _) = place, !path.hasPrefix("/") else { return path }
    return join(directory(of: file), path)
  }

  /// What stands before the last `/`; empty when there is none.
  package static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// What stands after the last `/`.
  package static func last(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return path }
    return String(path[path.index(after: slash)...])
  }

  /// The last part without its extension.
  package static func stem(of path: String) -> String {
    let name = last(of: path)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }

  /// `path` below `directory`.
  package static func join(_ directory: String, _ path: String) -> String {
    if directory.isEmpty { return path }
    return directory.hasSuffix("/") ? directory + path : "\(directory)/\(path)"
  }

  /// `path` as seen from `directory`; both may be relative to the working directory.
  ///
  /// Links in both are followed first, since `..` of a linked directory leads elsewhere.
  package static func relative(_ path: String, to directory: String) -> String {
    let from = physical(directory).split(separator: "/")
    let to = physical(path).split(separator: "/")
    let common = zip(from, to).prefix { $0 == $1 }.count
    let up = [Substring](repeating: "..", count: from.count - common)
    // A leading `./` keeps a path apart from a name of the catalogue.
    return ((up.isEmpty ? ["."] : up) + to[common...]).joined(separator: "/")
  }

  /// The path from the root, without links and dots.
  package static func physical(_ path: String) -> String {
    if let real = Posix.realPath(path) { return real }
    let parent = directory(of: path)
    let name = last(of: path)
    if let real = Posix.realPath(parent.isEmpty ? "." : parent), name != ".." {
      return join(real, name)
    }
    // What does not exist has no links.
    var parts: [Substring] = []
    let start = path.hasPrefix("/") ? "" : Posix.realPath(".") ?? ""
    for part in join(start, path).split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
}
