import Memory
import Metrics

/// A paged pool with a prefix cache, an object a block: slow and obvious.
///
/// Written from the pseudo-code of vLLM's block manager: a dictionary from names to the blocks that
/// hold what they stand for, and one queue of free blocks, oldest first. A request owns its blocks,
/// and a name is known as long as a block has it; of two blocks with one name only one may be free.
/// Blocks are named after tokens by `names`, which shares nothing with the engine's keys.
struct OraclePool {
  final class Block {
    var name: Name?
    var holders = 1
    /// Its latest place in the queue; 0 while it is held.
    var ticket = 0
  }

  /// What stands for a block's tokens and all before them.
  enum Name: Hashable {
    /// The block of the trace in which its last token lies, and where in that.
    case trace(block: Int32, offset: Int)
    /// Nobody else can know it.
    case own(row: Int, place: Int)
  }

  /// What a name is known by: blocks in the order in which they were computed, and who computed
  /// the first of them.
  private struct Entry {
    var blocks: [Block]
    var session = -1
    var isOutput = false
  }

  /// The blocks of a prompt that are cached.
  struct Found {
    var blocks: [Block] = []
    /// Whether one more was found, which is computed again.
    var isWhole = false
    var heldBlocks: Int { blocks.filter { $0.holders > 0 }.count }
  }

  /// What prompts found, in blocks but for `queryTokens`.
  struct Hits: Equatable {
    var queryTokens = 0
    var shared = 0
    var session = 0
    var output = 0
    var running = 0
    var preempted = 0
    var again = 0

    mutating func add(_ other: Hits) {
      queryTokens += other.queryTokens
      shared += other.shared
      session += other.session
      output += other.output
      running += other.running
      preempted += other.preempted
      again += other.again
    }
  }

  private let size: Int
  private let isRadix: Bool
  private let names: [[Name]]
  private let sessions: [Int]
  private var cached: [Name: Entry] = [:]
  private var queue: [(block: Block, ticket: Int)] = []
  private var head = 0
  private var tickets = 0
  /// Blocks that hold nothing, blocks that nobody holds, and blocks that requests hold.
  private var blank: Int
  private var idle = 0
  private(set) var held = 0
  private(set) var hits = Hits()
  /// Blocks that had a name which another one had, too, and named blocks that made room.
  private(set) var copied = 0
  private(set) var evicted = 0

  init(_ scenario: RandomScenario) {
    size = scenario.tokensPerBlock
    blank = scenario.blocks
    isRadix = scenario.prefixes?.index == .radix
    let table = scenario.table
    names = (0..<table.count).map { Self.names(of: $0, table, scenario.tokensPerBlock) }
    sessions = (0..<table.count).map { Int(table.turns?.session[$0] ?? Int32($0)) }
  }

  /// Names of the full blocks of a request, as far as the trace tells them.
  static func names(of row: Int, _ table: RequestTable, _ size: Int) -> [Name] {
    guard let chains = table.chains else { return [] }
    let traceSize = Int(chains.tokensPerBlock)
    let own = Array(chains.blocks[chains.range(of: row)])
    let prompt = Int(table.prompt[row])
    let later = continuation(of: row, table).map { Array(chains.blocks[chains.range(of: $0)]) }
    let known =
      later == nil ? min(prompt, own.count * traceSize) : prompt + Int(table.output[row]) - 1
    var names: [Name] = []
    for last in stride(from: size - 1, to: known, by: size) {
      let isOwn = last < prompt / traceSize * traceSize
      let source = isOwn ? own : later ?? own
      names.append(.trace(block: source[last / traceSize], offset: last % traceSize))
    }
    return names
  }

  /// The first turn that follows `row` and has its prompt and its output in its own prompt.
  static func continuation(of row: Int, _ table: RequestTable) -> Int? {
    guard let turns = table.turns, let chains = table.chains else { return nil }
    let size = Int(chains.tokensPerBlock)
    let own = Array(chains.blocks[chains.range(of: row)])
    let full = Int(table.prompt[row]) / size
    guard own.count >= full else { return nil }
    for child in 0..<table.count where turns.parent[child] == Int32(row) {
      let its = Array(chains.blocks[chains.range(of: child)])
      let covered = min(Int(table.prompt[child]), its.count * size)
      if covered >= Int(table.prompt[row]) + Int(table.output[row]) - 1,
        its.count >= full, (0..<full).allSatisfy({ own[$0] == its[$0] })
      {
        return child
      }
    }
    return nil
  }

  private func name(_ row: Int, _ place: Int) -> Name {
    place < names[row].count ? names[row][place] : .own(row: row, place: place)
  }

  /// The longest cached beginning of what `s` has to compute, less its last token.
  func lookUp(_ s: Oracle.Sequence) -> Found {
    var found = Found()
    for place in 0..<(s.tokens / size) {
      guard let block = cached[name(s.row, place)]?.blocks.first else { break }
      found.blocks.append(block)
    }
    if !found.blocks.isEmpty, found.blocks.count * size == s.tokens {
      found.blocks.removeLast()
      found.isWhole = true
    }
    return found
  }

  /// `s` holds what it found.
  mutating func admit(_ s: Oracle.Sequence, _ found: Found, isNew: Bool) {
    if isNew {
      hits.queryTokens += s.prompt
      if found.isWhole { hits.again += 1 }
    } else {
      hits.preempted += found.blocks.count
    }
    for block in found.blocks {
      if isNew { count(block, sessions[s.row]) }
      if block.holders == 0 { wake(block) }
      block.holders += 1
    }
    s.table = found.blocks
    s.published = found.blocks.count
    // What is its own and was not found is computed anew.
    for place in found.blocks.count...(s.tokens / size + 1) {
      if let block = cached[.own(row: s.row, place: place)]?.blocks.first { unname(block) }
    }
  }

  private mutating func count(_ block: Block, _ session: Int) {
    guard let name = block.name, let entry = cached[name] else { fatalError("found no name") }
    if block.holders > 0 { hits.running += 1 }
    if entry.isOutput {
      hits.output += 1
    } else if entry.session == session {
      hits.session += 1
    } else {
      hits.shared += 1
    }
  }

  private mutating func wake(_ block: Block) {
    block.ticket = 0
    idle -= 1
    held += 1
  }

  private mutating func unname(_ block: Block) {
    guard let name = block.name else { return }
    cached[name]?.blocks.removeAll { $0 === block }
    if cached[name]?.blocks.isEmpty == true { cached[name] = nil }
    block.name = nil
  }

  private mutating func enqueue(_ block: Block) {
    tickets += 1
    block.ticket = tickets
    queue.append((block, tickets))
    idle += 1
    held -= 1
  }

  /// Gives `s` blocks for what it has stored and what is scheduled.
  mutating func grow(_ s: Oracle.Sequence) {
    while s.table.count * size < s.computed + s.scheduled {
      if blank > 0 {
        blank -= 1
      } else {
        while queue[head].block.ticket != queue[head].ticket { head += 1 }
        if queue[head].block.name != nil { evicted += 1 }
        unname(queue[head].block)
        queue[head].block.ticket = 0
        idle -= 1
      }
      held += 1
      s.table.append(Block())
    }
  }

  /// The full blocks of `s` that have a name can be found from now on.
  mutating func publish(_ s: Oracle.Sequence) {
    let end = min(s.computed / size, names[s.row].count)
    guard end > s.published else { return }
    for place in s.published..<end {
      let (mine, name) = (s.table[place], names[s.row][place])
      guard var entry = cached[name] else {
        cached[name] = Entry(
          blocks: [mine], session: sessions[s.row], isOutput: place >= s.prompt / size)
        mine.name = name
        continue
      }
      if entry.blocks[0].holders == 0 {
        // The one just computed takes its place and its history.
        let old = entry.blocks.removeFirst()
        (old.ticket, old.name) = (0, nil)
        idle -= 1
        blank += 1
      } else if isRadix {
        entry.blocks[0].holders += 1
        s.table[place] = entry.blocks[0]
        held -= 1
        blank += 1
        continue
      } else {
        copied += 1
      }
      mine.name = name
      entry.blocks.append(mine)
      cached[name] = entry
    }
    s.published = end
  }

  /// All blocks of `s` go into the queue, the last one first, but for those that others hold and
  /// those whose name another block has.
  mutating func release(_ s: Oracle.Sequence, isPreempted: Bool) {
    publish(s)
    for (place, block) in s.table.enumerated().reversed() {
      if place >= names[s.row].count {
        if !isPreempted {
          unname(block)
        } else if place < s.computed / size {
          let name = Name.own(row: s.row, place: place)
          block.name = name
          cached[name] = Entry(blocks: [block])
        }
      }
      block.holders -= 1
      guard block.holders == 0 else { continue }
      if let name = block.name, let entry = cached[name], entry.blocks.count > 1 {
        unname(block)
        held -= 1
        blank += 1
      } else {
        enqueue(block)
      }
    }
    (s.table, s.published) = ([], 0)
  }
}
