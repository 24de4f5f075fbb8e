internal import Kernel

/// How many tokens the requests of a client have, for some hours.
struct ServeGenTokens: Sendable {
  /// Seconds for which one set holds.
  static let width = 21_600.0

  /// Token counts and how often each occurs.
  struct Frequencies: Sendable {
    private(set) var values: [Int32] = []
    private(set) var cumulative: [Double] = []

    /// Adds a count; refused if it is negative or the frequency is no share.
    mutating func add(_ value: Int, _ frequency: Double) -> Bool {
      guard (0...Int(Int32.max)).contains(value), frequency >= 0, frequency.isFinite else {
        return false
      }
      values.append(Int32(value))
      cumulative.append((cumulative.last ?? 0) + frequency)
      return true
    }

    /// Sum of all frequencies, about 1; 0 without data.
    var total: Double { cumulative.last ?? 0 }

    /// One count.
    func draw(_ stream: inout RandomStream) -> Int {
      let target = stream.uniform() * total
      var (low, high) = (0, values.count - 1)
      while low < high {
        let middle = (low + high) / 2
        if cumulative[middle] > target { high = middle } else { low = middle + 1 }
      }
      return Int(values[low])
    }
  }

  /// Kinds of tokens that a prompt is made of; all but the first two come in so many items.
  static let prompts = [
    "input_tokens", "text_tokens", "image_tokens", "audio_tokens", "video_tokens",
  ]
  /// Items of a kind in a prompt.
  static let counts = ["image_count", "audio_count", "video_count"]
  /// Tokens that an answer is made of.
  static let output = "output_tokens"

  /// By their place in `prompts`; empty without data.
  private var parts = [Frequencies](repeating: Frequencies(), count: Self.prompts.count)
  private var items = [Frequencies](repeating: Frequencies(), count: Self.counts.count)
  private var outputs = Frequencies()

  /// Takes the distribution called `key`; false if that is not known.
  mutating func set(_ key: String, _ frequencies: Frequencies) -> Bool {
    if let part = Self.prompts.firstIndex(of: key) {
      parts[part] = frequencies
    } else if let item = Self.counts.firstIndex(of: key) {
      items[item] = frequencies
    } else if key == Self.output {
      outputs = frequencies
    } else {
      return false
    }
    return true
  }

  /// Whether prompts and outputs can be drawn.
  var hasData: Bool { outputs.total > 0 && parts.contains { $0.total > 0 } }

  /// Tokens of one prompt, all kinds together, and of its answer.
  func draw(_ stream: inout RandomStream) -> (prompt: Int, output: Int) {
    var prompt = 0
    for part in parts.indices where parts[part].total > 0 {
      var count = 1
      if part >= 2, items[part - 2].total > 0 { count = items[part - 2].draw(&stream) }
      for _ in 0..<count { prompt += parts[part].draw(&stream) }
    }
    return (prompt, outputs.draw(&stream))
  }
}
