/// In which order groups of prompts are served.
public enum GroupOrder: Sendable {
  /// In that of their first requests.
  case arrival
  /// Shortest prompts first: by outputs over prompts, descending, if all outputs are thought alike.
  case prompt
  /// By outputs over prompts, descending, with the outputs that requests will have: oracle.
  case outputOverPrompt
}

/// The requests of a batch in groups that begin alike.
///
/// The common prefix of a group is computed once, by the first of its members to be admitted; the
/// others wait for that. From then on the group holds it, whoever runs, until its last member has
/// ended; it falls idle then, so its blocks are available at once.
struct PromptGroups: Sendable {
  struct Group: Sendable {
    /// Blocks that all members begin with.
    let prefix: Int32
    /// The request that names them.
    let row: Int32
    /// Members that have not ended, and those of them that run.
    var members: Int32
    var running: Int32 = 0
    /// The member that computes the prefix, −1 when nobody does.
    var leader: Slot = -1
    var isPinned = false
  }
  var groups: [Group] = []
  /// Whether members wait for the prefix.
  var waits = true
  /// Groups whose prefix is pinned.
  var pinned: [Int32] = []
}
