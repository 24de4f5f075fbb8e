import Experiment
import Files
import Kernel
import Testing
import Units

@Suite struct PolicyOptionsTests {
  private struct Options: PolicyOptions {
    enum Mode: String, Codable, CaseIterable, Sendable {
      case fast
      case exact
    }
    var maxNumSeqs = 256
    var watermark = 0.01
    var chunkedPrefill = true
    var mode = Mode.fast
    var hostTime = Seconds(0.002)
    var maxKVTokens: Int32 = 9
    var label = "none"
    init() {}
    var fault: String? { maxNumSeqs > 0 ? nil : "max_num_seqs \(maxNumSeqs) is below 1" }
  }

  private func decode(_ options: String) throws -> Options {
    let config = try experiment(with: "engine:\n  scheduler: {name: x, \(options)}\n")
    return try decodeOptions(Options.self, from: config.engine.scheduler, kind: "scheduler")
  }

  private func fault(_ options: String) -> String {
    do {
      _ = try decode(options)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func `defaults are those of the type, in the order of its properties`() {
    let defaults = optionDefaults(Options.self)
    #expect(
      defaults.map(\.name) == [
        "max_num_seqs", "watermark", "chunked_prefill", "mode", "host_time", "max_kv_tokens",
        "label",
      ])
    #expect(defaults.map(\.text) == ["256", "0.01", "true", "fast", "2 ms", "9", "none"])
    #expect(optionDefaults(NoOptions.self).isEmpty)
  }

  @Test func `what the file says replaces the default and leaves the rest`() throws {
    let options = try decode(
      "max_num_seqs: 8, mode: exact, host_time: 8 ms, max_kv_tokens: 70, chunked_prefill: no, "
        + "label: 12")
    #expect(options.maxNumSeqs == 8)
    #expect(options.watermark == 0.01)
    #expect(!options.chunkedPrefill)
    #expect(options.mode == .exact)
    #expect(options.hostTime == Seconds(0.008))
    #expect(options.maxKVTokens == 70)
    #expect(options.label == "12")
  }

  @Test(arguments: [
    (
      "max_num_seq: 8",
      "my.yaml:5: unknown option of scheduler x \"max_num_seq\" (did you mean \"max_num_seqs\"?); "
        + "known: max_num_seqs, watermark, chunked_prefill, mode, host_time, max_kv_tokens, label"
    ),
    (
      "max_kv_tokens: 1.5",
      "my.yaml:5: engine.scheduler.max_kv_tokens \"1.5\" is not a whole number "
        + "from -2147483648 to 2147483647"
    ),
    ("watermark: lots", "my.yaml:5: engine.scheduler.watermark \"lots\" is not a number"),
    (
      "chunked_prefill: 2",
      "my.yaml:5: engine.scheduler.chunked_prefill \"2\" is not a truth value; write true or false"
    ),
    (
      "mode: exat",
      "my.yaml:5: engine.scheduler.mode \"exat\" is unknown (did you mean \"exact\"?); "
        + "known: fast, exact"
    ),
    ("max_num_seqs: 0", "my.yaml:5: scheduler x: max_num_seqs 0 is below 1"),
    ("mode: [a]", "my.yaml:5: engine.scheduler.mode is a list; write text"),
  ])
  func `an option that the policy cannot use names its line`(options: String, message: String) {
    #expect(fault(options) == message)
  }

  @Test func `an option of the wrong unit names the units`() {
    #expect(fault("host_time: 8").hasPrefix("my.yaml:5: engine.scheduler.host_time \"8\" has no"))
  }

  @Test func `a policy without options has none to set`() throws {
    let config = try experiment(with: "router: {name: round-robin, weight: 2}\n")
    #expect(
      throws: ConfigError(
        .line(file: "my.yaml", 4),
        "unknown option of router round-robin \"weight\"; known: none")
    ) { try decodeOptions(NoOptions.self, from: config.router.policy, kind: "router") }
  }
}
