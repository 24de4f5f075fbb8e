internal import Files
internal import Units

extension YAMLWriter {
  /// The block `sessions` of generated requests.
  mutating func sessions(
    _ sessions: SessionsConfig, count: Int?, path: (String) -> String
  ) {
    block("sessions") { out in
      out.optional("count", count)
      out.distribution("turns", sessions.turns.value, path: path)
      if let input = sessions.nextInputTokens {
        out.distribution("next_input_tokens", input.value, path: path)
      } else {
        out.key("next_input_tokens", "null", comment: "as input_tokens")
      }
      out.delay("think_time", sessions.thinkTime, path: path)
      out.optional("max_context", sessions.maxContext)
      out.key("at_max_context", sessions.atMaxContext)
      out.key("keep_output", "\(sessions.keepsOutput)")
      out.key("block_size", "\(sessions.blockSize)")
      let levels = sessions.prefixes.map { level in
        Self.inline([
          ("count", "\(level.count)"), ("exponent", "\(level.exponent)"),
          ("probability", "\(level.probability)"),
          ("tokens", Self.inline(level.tokens.value.parameters(path: path, isTime: false))),
        ])
      }
      out.key("prefixes", "[\(levels.joined(separator: ", "))]")
      out.branches(of: sessions, path: path)
    }
  }

  private mutating func branches(of sessions: SessionsConfig, path: (String) -> String) {
    if let tools = sessions.tools {
      block("tools") { out in
        out.key("probability", "\(tools.probability)")
        out.delay("duration", tools.duration, path: path)
        out.distribution("input_tokens", tools.inputTokens.value, path: path)
      }
    } else {
      key("tools", "null")
    }
    guard let forks = sessions.forks else { return key("forks", "null") }
    block("forks") { out in
      out.key("probability", "\(forks.probability)")
      out.distribution("turns", forks.turns.value, path: path)
      out.delay("delay", forks.delay, path: path)
      out.distribution("input_tokens", forks.inputTokens.value, path: path)
    }
  }

  /// A distribution of token counts.
  mutating func distribution(
    _ name: String, _ distribution: DistributionConfig, path: (String) -> String
  ) {
    block(name) { out in
      for (key, value) in distribution.parameters(path: path, isTime: false) {
        out.key(key, value)
      }
    }
  }

  /// An amount of time, or a distribution of times.
  mutating func delay(_ name: String, _ delay: DelayConfig, path: (String) -> String) {
    switch delay {
    case .fixed(let time): key(name, Scalar.written("\(time)"))
    case .drawn(let distribution):
      block(name) { out in
        for (key, value) in distribution.value.parameters(path: path, isTime: true) {
          out.key(key, value)
        }
      }
    }
  }

  static func inline(_ entries: [(String, String)]) -> String {
    "{" + entries.map { "\($0): \($1)" }.joined(separator: ", ") + "}"
  }
}
