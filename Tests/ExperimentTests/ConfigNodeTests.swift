import Experiment
import Files
import Testing

@Suite struct ConfigNodeTests {
  @Test func `a key that stands twice is refused`() {
    #expect(
      fault("seed: 1\nmodel: m\nseed: 2\n")
        == "my.yaml:1: \"seed\" stands twice in the same mapping; a key is written once")
  }

  @Test func `a syntax error names file and line`() {
    #expect(
      fault("model: m\ncluster: {gpu: g\nworkload: 3\n")
        == "my.yaml:3: not YAML: did not find expected ',' or '}' "
        + "(while parsing a flow mapping, line 2)")
    #expect(fault("model: m\n\tseed: 1\n").hasPrefix("my.yaml:2: not YAML: "))
    #expect(fault("model: \"m\n").hasPrefix("my.yaml:2: not YAML: "))
    #expect(fault("a: 1\n---\nb: 2\n").hasPrefix("my.yaml:2: not YAML: but found another document"))
    #expect(fault("model: \u{1}\n").hasPrefix("my.yaml:1: not YAML: control characters"))
  }

  @Test(arguments: ["", "\n\n", "# nothing\n", "---\n"])
  func `an empty file says what an experiment needs`(yaml: String) {
    #expect(
      fault(yaml) == "my.yaml: is empty; an experiment needs model, cluster and workload")
  }

  @Test func `a file that is no mapping says what was expected`() {
    #expect(fault("- 1\n- 2\n").hasPrefix("my.yaml:1: expected a mapping with the keys version, "))
    #expect(fault("arrived_at,prompt\n").hasPrefix("my.yaml:1: expected a mapping with the keys"))
  }

  @Test func `a tag is refused rather than ignored`() {
    #expect(
      fault("model: !!int m\n")
        == "my.yaml:1: tag tag:yaml.org,2002:int has no meaning here; write the value alone")
  }

  @Test func `aliases of aliases do not fill the memory`() {
    var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for i in 1...9 {
      let alias = "*a\(i - 1)"
      yaml += "a\(i): &a\(i) [\(Array(repeating: alias, count: 10).joined(separator: ", "))]\n"
    }
    #expect(fault(yaml).hasSuffix("more than 100000 values, aliases expanded"))
  }

  @Test func `deep nesting is refused by the parser`() {
    let yaml = "a: " + String(repeating: "[", count: 20_000)
    #expect(fault(yaml).hasPrefix("my.yaml:1: "))
  }
}
