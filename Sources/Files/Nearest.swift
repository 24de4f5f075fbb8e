/// The name of `known` that `name` is most likely a slip of; the first of several equally near.
///
/// Near is at most one edit for every three characters of `name`, at least one, at most three.
public func nearest(_ name: String, in known: [String]) -> String? {
  let limit = min(3, max(1, name.count / 3))
  var best: (distance: Int, name: String)?
  for candidate in known {
    let distance = edits(from: Array(name.lowercased()), to: Array(candidate.lowercased()))
    if distance <= limit, distance < best?.distance ?? .max { best = (distance, candidate) }
  }
  return best?.name
}

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
///
/// The optimal string alignment form of the Damerau–Levenshtein distance: no substring is edited
/// twice. O(a · b).
private func edits(from a: [Character], to b: [Character]) -> Int {
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in 0..<a.count {
    var row = [i + 1]
    for j in 0..<b.count {
      var cost = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        cost = min(cost, beforeLast[j - 1] + 1)
      }
      row.append(cost)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}
