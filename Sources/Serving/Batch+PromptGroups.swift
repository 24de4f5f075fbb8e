internal import Memory
internal import Units

// MARK: - What schedulers see

extension Batch {
  /// Whether the group of the waiting request at `index` has its prefix, or nobody computes it.
  public func isReady(_ index: Int) -> Bool {
    let group = waiting[index].group
    guard group >= 0, promptGroups.waits else { return true }
    return promptGroups.groups[Int(group)].leader < 0
  }

  /// Tokens that running sequences have stored, load or are about to compute of their prompts.
  ///
  /// - Complexity: O(unfinished prompts).
  public var runningTokens: Int64 {
    func prompts(_ slots: [Slot]) -> Int64 {
      slots.reduce(0) { $0 + Int64(sequences[Int($1)].entry.tokens) }
    }
    return context + prompts(prefilling) + prompts(returning)
  }
}

// MARK: - Verbs of schedulers

extension Batch {
  /// Puts the requests that came last and are in no group into groups, which it puts behind the
  /// others in the given order.
  ///
  /// Without `sharesPrefixes`, and without a prefix cache, which knows how prompts begin, everybody
  /// is a group. With `waits` members are not ready before their prefix is computed.
  /// O(n log n) in those requests.
  public mutating func groupWaiting(
    sharesPrefixes: Bool, waits: Bool = true, orderedBy order: GroupOrder
  ) {
    var start = waiting.count
    while start > 0, waiting[start - 1].group < 0 { start -= 1 }
    guard start < waiting.count else { return }
    let entries = (start..<waiting.count).map { waiting[$0] }
    var ends: [Int] = []
    var names: [BlockID] = []
    for entry in entries {
      if sharesPrefixes {
        let full = entry.tokens / tokensPerBlock
        prefix?.appendNames(0..<full, of: Int(entry.request.row), to: &names)
      }
      ends.append(names.count)
    }
    var groups = PrefixForest(names, ends: ends).groups
    sort(&groups, entries, by: order)
    promptGroups.waits = waits
    var sorted: [Waiting] = []
    sorted.reserveCapacity(entries.count)
    for group in groups {
      let first = entries[Int(group.members[0])]
      for member in group.members {
        var entry = entries[Int(member)]
        entry.group = Int32(promptGroups.groups.count)
        sorted.append(entry)
      }
      promptGroups.groups.append(
        PromptGroups.Group(
          prefix: group.prefix, row: first.request.row, members: Int32(group.members.count)))
    }
    waiting.replace(from: start, by: sorted)
    groupsPrompts = true
  }

  private func sort(
    _ groups: inout [PrefixForest.Group], _ entries: [Waiting], by order: GroupOrder
  ) {
    if order == .arrival { return }
    let keys = groups.enumerated().map { index, group in
      var (outputs, prompts) = (Int64(0), Int64(0))
      for member in group.members {
        let entry = entries[Int(member)]
        outputs += order == .prompt ? 1 : Int64(entry.output)
        prompts += Int64(entry.tokens)
      }
      return (index: index, outputs: outputs, prompts: prompts)
    }
    // Sums of 2³¹ requests of 2³¹ tokens each: the products need more than 64 bits.
    let sorted = keys.sorted { a, b in
      let (one, other) = (
        Int128(a.outputs) * Int128(b.prompts), Int128(b.outputs) * Int128(a.prompts)
      )
      return one == other ? a.index < b.index : one > other
    }
    groups = sorted.map { groups[$0.index] }
  }

  /// Gives up the prefixes of groups of which nobody runs, but that of the waiting request at
  /// `index`; false when there are none.
  ///
  /// They fall idle: their members find what is left of them, and compute the rest again.
  @discardableResult
  public mutating func giveUpPrefixes(but index: Int? = nil) -> Bool {
    guard groupsPrompts else { return false }
    let kept = index.map { waiting[$0].group } ?? -1
    var isFreed = false
    for group in promptGroups.pinned
    where group != kept && promptGroups.groups[Int(group)].running == 0 {
      unpin(group)
      (isFreed, hasChanged) = (true, true)
    }
    return isFreed
  }
}

// MARK: - What the engine does

// Read and changed in place: a copy of the groups beside a change copies all of them.
extension Batch {
  /// A member of a group was admitted, with what it found of the prefix.
  mutating func noteGroupAdmission(_ slot: Slot) {
    let group = Int(sequences[Int(slot)].entry.group)
    guard group >= 0 else { return }
    promptGroups.groups[group].running += 1
    guard promptGroups.groups[group].prefix > 0, !promptGroups.groups[group].isPinned else {
      return
    }
    if !pin(group, by: slot), promptGroups.groups[group].leader < 0 {
      promptGroups.groups[group].leader = slot
    }
  }

  /// Holds the prefix of a group if `slot` has all of it.
  @discardableResult
  mutating func pin(_ group: Int, by slot: Slot) -> Bool {
    guard group >= 0, !promptGroups.groups[group].isPinned else { return false }
    let (count, row) = (promptGroups.groups[group].prefix, promptGroups.groups[group].row)
    guard count > 0, sequences[Int(slot)].cached >= count else { return false }
    prefix?.pin(count, of: Int(row))
    promptGroups.groups[group].isPinned = true
    promptGroups.groups[group].leader = -1
    promptGroups.pinned.append(Int32(group))
    return true
  }

  private mutating func unpin(_ group: Int32) {
    guard promptGroups.groups[Int(group)].isPinned else { return }
    promptGroups.groups[Int(group)].isPinned = false
    promptGroups.pinned.removeAll { $0 == group }
    let (count, row) = (
      promptGroups.groups[Int(group)].prefix, promptGroups.groups[Int(group)].row
    )
    let time = now
    blocks.give(prefix?.unpin(count, of: Int(row), at: time) ?? 0)
  }

  /// A member has left the batch: it waits again, or has ended.
  mutating func noteGroupRelease(_ slot: Slot, isPreempted: Bool) {
    let group = sequences[Int(slot)].entry.group
    guard group >= 0 else { return }
    promptGroups.groups[Int(group)].running -= 1
    if promptGroups.groups[Int(group)].leader == slot {
      promptGroups.groups[Int(group)].leader = -1
    }
    if !isPreempted { leaveGroup(group) }
  }

  /// A member of a group, which does not run, will not come again.
  mutating func leaveGroup(_ group: Int32) {
    guard group >= 0 else { return }
    promptGroups.groups[Int(group)].members -= 1
    if promptGroups.groups[Int(group)].members == 0 { unpin(group) }
  }

  /// Recounts the members of groups and what they hold (invariants I3 and I4); for tests.
  func checkGroups() {
    var members = promptGroups.groups.map { _ in Int32(0) }
    var running = members
    for index in 0..<waiting.count where waiting[index].group >= 0 {
      members[Int(waiting[index].group)] += 1
    }
    for s in sequences where s.phase != .gone && s.entry.group >= 0 {
      members[Int(s.entry.group)] += 1
      running[Int(s.entry.group)] += 1
    }
    var pinned: [Int32] = []
    for (i, group) in promptGroups.groups.enumerated() {
      precondition(group.members == members[i], "members of a group drifted (I3)")
      precondition(group.running == running[i], "running members drifted (I3)")
      if group.isPinned { pinned.append(Int32(i)) }
      guard group.leader >= 0 else { continue }
      let leader = sequences[Int(group.leader)]
      precondition(
        leader.phase != .gone && Int(leader.entry.group) == i, "a group lost its leader (I3)")
    }
    precondition(promptGroups.pinned.sorted() == pinned, "pins drifted (I4)")
  }
}
