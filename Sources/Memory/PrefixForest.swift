public import Units

/// Prompts in groups that begin alike, one level deep: each group has one prefix, and nothing but
/// that is shared.
///
/// All prompts make a compact tree. From the bottom up, a child of a node gives its own children up
/// to the node, with its tokens before theirs, where sharing the longer beginning saves more than
/// having those tokens once more costs; the children of the root are the groups. That is a greedy
/// walk, as BatchLLM's code has it, not the optimum of all partitions. O(n log n) in the prompts;
/// comparing two takes the logarithm of their blocks, as blocks that are equal have equal
/// predecessors.
///
/// Source: Zheng et al., "BatchLLM", arXiv 2412.03594, §4.1; `prefix clustering` of its code.
public struct PrefixForest: Sendable {
  /// Prompts that begin alike.
  public struct Group: Sendable, Equatable {
    /// Blocks that all of them begin with; 0 where a prompt is alone.
    public let prefix: Int32
    /// The prompts, ascending.
    public let members: [Int32]

    /// `members` that share `prefix` blocks.
    public init(prefix: Int32, members: [Int32]) {
      self.prefix = prefix
      self.members = members
    }
  }

  /// The groups in the order of their first prompts.
  public private(set) var groups: [Group] = []
  /// Blocks that need not be computed when each group computes its prefix once.
  public private(set) var saved: Int64 = 0
  /// The same if prompts shared whatever they have in common, at every level.
  public private(set) var optimum: Int64 = 0

  // Nodes as columns; node 0 is the root.
  private var depth: [Int32] = [0]
  private var parent: [Int32] = [-1]
  private var leaves: [Int32] = [0]
  private var children: [[Int32]] = [[]]
  /// The deepest node that each prompt passes.
  private var node: [Int32] = []

  /// The groups of prompts whose blocks end at `ends` in `blocks`.
  ///
  /// - Precondition: a block has one predecessor in all prompts.
  public init(_ blocks: [BlockID], ends: [Int]) {
    guard !ends.isEmpty else { return }
    build(Chains(blocks: blocks, ends: ends))
    count()
    for v in bottomUp { enlarge(v) }
    collect()
  }

  /// The prompts in the order of a walk through their tree.
  private struct Chains {
    let blocks: [BlockID]
    let ends: [Int]

    func range(_ i: Int) -> Range<Int> { (i == 0 ? 0 : ends[i - 1])..<ends[i] }

    /// Blocks that two prompts begin with alike.
    func common(_ a: Int, _ b: Int) -> Int {
      let (first, second) = (range(a), range(b))
      var (low, high) = (0, min(first.count, second.count))
      while low < high {
        let middle = (low + high) / 2
        let isSame = blocks[first.lowerBound + middle] == blocks[second.lowerBound + middle]
        if isSame { low = middle + 1 } else { high = middle }
      }
      return low
    }

    func precedes(_ a: Int, _ b: Int) -> Bool {
      let (first, second) = (range(a), range(b))
      let same = common(a, b)
      if same < first.count, same < second.count {
        return blocks[first.lowerBound + same] < blocks[second.lowerBound + same]
      }
      return first.count == second.count ? a < b : first.count < second.count
    }
  }

  private mutating func add(_ depth: Int) -> Int32 {
    self.depth.append(Int32(depth))
    parent.append(-1)
    leaves.append(0)
    children.append([])
    return Int32(parent.count - 1)
  }

  private mutating func build(_ chains: Chains) {
    let count = chains.ends.count
    let order = (0..<count).sorted { chains.precedes($0, $1) }
    node = Array(repeating: 0, count: count)
    var path: [Int32] = [0]
    var before = 0
    for (i, prompt) in order.enumerated() {
      close(&path, to: before)
      let next = i + 1 < count ? chains.common(prompt, order[i + 1]) : 0
      if let top = path.last, next > Int(depth[Int(top)]) { path.append(add(next)) }
      node[prompt] = path[path.count - 1]
      before = next
    }
    close(&path, to: 0)
  }

  /// Ends the nodes of a path that are deeper than `limit`; its last one is that deep then.
  private mutating func close(_ path: inout [Int32], to limit: Int) {
    while let last = path.last, Int(depth[Int(last)]) > limit {
      path.removeLast()
      if Int(depth[Int(path[path.count - 1])]) < limit { path.append(add(limit)) }
      let above = path[path.count - 1]
      parent[Int(last)] = above
      children[Int(above)].append(last)
    }
  }

  /// Every node but the root, the deepest first, then the root.
  private var bottomUp: [Int] { depth.indices.sorted { (depth[$0], $0) > (depth[$1], $1) } }

  private mutating func count() {
    for i in node.indices { leaves[Int(node[i])] += 1 }
    for v in bottomUp where parent[v] >= 0 {
      let above = Int(parent[v])
      leaves[above] += leaves[v]
      optimum += Int64(leaves[v] - 1) * Int64(depth[v] - depth[above])
    }
  }

  /// Lets the children of `v`, which are enlarged, give up what pays on its own.
  private mutating func enlarge(_ v: Int) {
    for child in children[v] {
      let c = Int(child)
      let length = Int64(depth[c] - depth[v])
      var kept: [Int32] = []
      for grandchild in children[c] {
        let g = Int(grandchild)
        let gain = Int64(leaves[g] - 1) * Int64(depth[g] - depth[c]) - length
        guard leaves[g] > 1, gain > 0 else {
          kept.append(grandchild)
          continue
        }
        raise(g, from: c, to: v)
      }
      // Without any other below it the child is the grandchild's beginning.
      if kept.count == 1, let last = kept.first, leaves[Int(last)] == leaves[c], leaves[c] > 1 {
        raise(Int(last), from: c, to: v)
        kept.removeAll()
      }
      children[c] = kept
    }
    children[v].removeAll { leaves[Int($0)] == 0 }
  }

  private mutating func raise(_ g: Int, from c: Int, to v: Int) {
    parent[g] = Int32(v)
    children[v].append(Int32(g))
    leaves[c] -= leaves[g]
  }

  private mutating func collect() {
    var top = [Int32](repeating: 0, count: depth.count)
    for v in bottomUp.reversed() where parent[v] >= 0 {
      top[v] = parent[v] == 0 ? Int32(v) : top[Int(parent[v])]
    }
    var members = [[Int32]](repeating: [], count: depth.count)
    for i in node.indices { members[Int(top[Int(node[i])])].append(Int32(i)) }
    for i in node.indices {
      let v = Int(top[Int(node[i])])
      if v == 0 || members[v].count == 1 {
        groups.append(Group(prefix: 0, members: [Int32(i)]))
      } else if members[v].first == Int32(i) {
        groups.append(Group(prefix: depth[v], members: members[v]))
        saved += Int64(members[v].count - 1) * Int64(depth[v])
      }
    }
  }
}
