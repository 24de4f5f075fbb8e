import Experiment
import Files
import Foundation
import TestSupport
import Testing

@Suite struct ListingTests {
  private struct Named: Decodable {
    let name: String
  }

  private struct GPUEntry: Decodable {
    let name: String
    let memoryBytes: Double
    let bandwidthBytesPerS: Double
    let bf16Flops: Double
    let fp8Flops: Double?
    let nvlinkBytesPerS: Double?
    let tdpW: Double?
  }

  private struct ModelEntry: Decodable {
    let name: String
    let parameters: Double
    let activeParameters: Double
    let weightBytes: Double
    let kvBytesPerToken: Double
    let maxContextTokens: Int
    let weightPrecision: String
  }

  private struct LinkEntry: Decodable {
    let name: String
    let latencyS: Double?
  }

  private struct PolicyEntry: Decodable {
    let name: String
    let oracle: Bool
  }

  private struct Family: Decodable {
    let name: String
    let parameters: [String]
  }

  private func entries<Entry: Decodable>(_ kind: ListingKind, _ type: Entry.Type) throws -> [Entry]
  {
    try decoded([Entry].self, from: Listing(kind).json.text)
  }

  @Test(arguments: ListingKind.allCases)
  func `every entry has a name of its own, the same in table and JSON`(kind: ListingKind) throws {
    let listing = Listing(kind)
    let names = try entries(kind, Named.self).map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.count == listing.count)
    let rows = listing.text().split(separator: "\n").dropFirst()
    #expect(rows.map { String($0.prefix { $0 != " " }) } == names)
    #expect(rows.allSatisfy { !$0.hasSuffix(" ") })
  }

  @Test func `GPUs are given in base units, what they lack is null`() throws {
    let gpus = try entries(.gpus, GPUEntry.self)
    let a100 = try #require(gpus.first { $0.name == "a100-80gb-sxm" })
    #expect(a100.memoryBytes == 85_899_345_920)
    #expect(a100.bandwidthBytesPerS == 2.039e12)
    #expect(a100.bf16Flops == 312e12)
    #expect(a100.fp8Flops == nil)
    #expect(a100.nvlinkBytesPerS == 300e9)
    #expect(a100.tdpW == 400)
  }

  @Test func `models are given with what follows from their shape`() throws {
    let models = try entries(.models, ModelEntry.self)
    let llama = try #require(models.first { $0.name == "llama-3-8b" })
    // 32 layers of 32 query and 8 key–value heads of 128, three matrices 4096 × 14336; two tables.
    let attention = 2 * 4096 * 4096 + 2 * 4096 * 1024
    let parameters = 2 * 128_256 * 4096 + 32 * (attention + 3 * 4096 * 14_336)
    #expect(llama.parameters == Double(parameters))
    #expect(llama.activeParameters == Double(parameters))
    #expect(llama.weightBytes == Double(2 * parameters))
    #expect(llama.kvBytesPerToken == 131_072)
    #expect(llama.maxContextTokens == 8192)
    #expect(llama.weightPrecision == "bf16")
    let mixtral = try #require(models.first { $0.name == "mixtral-8x7b" })
    #expect(mixtral.activeParameters < mixtral.parameters / 3)
  }

  @Test func `links say their latency in seconds, or null when it is not known`() throws {
    let links = try entries(.links, LinkEntry.self)
    #expect(links.first { $0.name == "nvlink-3" }?.latencyS == 8.92e-6)
    let unknown = try #require(links.first { $0.name == "pcie-6.0-x16" })
    #expect(unknown.latencyS == nil)
  }

  @Test func `schedulers carry their options as typed values and mark oracles`() throws {
    let schedulers = try entries(.schedulers, PolicyEntry.self)
    #expect(schedulers.first { $0.name == "vllm-v0" }?.oracle == false)
    #expect(schedulers.first { $0.name == "orca-oracle" }?.oracle == true)
    #expect(schedulers.first { $0.name == "orca-max" }?.oracle == false)
    let text = Listing(.schedulers).json.text
    #expect(text.contains("\"max_num_seqs\": 256,\n      \"watermark\": 0.01\n"))
    #expect(text.contains("\"max_num_batched_tokens\": \"auto\",\n"))
  }

  @Test func `--options puts defaults below each policy`() {
    let lines = Listing(.costs).text(options: true).split(separator: "\n")
    #expect(lines.contains("    prefill_token: 0 s"))
    #expect(lines.contains("    no options"))
    #expect(lines.first { $0.hasPrefix("linear") } != nil)
    let after = lines.firstIndex { $0.hasPrefix("linear") }.map { lines[$0 + 1] }
    #expect(after == "    prefill_token: 0 s")
    #expect(
      message { try ListingKind.gpus.checkOptions() }
        == "--options: gpus have no options; schedulers, routers, autoscalers, evictions, codecs, "
        + "profiles, costs may have")
    #expect(message { try ListingKind.schedulers.checkOptions() } == "")
  }

  @Test func `numbers end under the end of their title`() throws {
    let lines = Listing(.gpus).text().split(separator: "\n").map { Array($0) }
    let title = String(try #require(lines.first))
    for column in ["memory GiB", "GB/s", "TDP W"] {
      let range = try #require(title.range(of: "  \(column)"))
      let end = title.distance(from: title.startIndex, to: range.upperBound)
      for line in lines.dropFirst() {
        #expect(line[end - 1] != " ", "\(String(line))")
        #expect(end == line.count || line[end] == " ", "\(String(line))")
      }
    }
  }

  @Test(arguments: [ListingKind.codecs, .techniques, .scenarios])
  func `a kind without entries is an empty list and a note`(kind: ListingKind) {
    let listing = Listing(kind)
    #expect(listing.text() == "")
    #expect(listing.json.text == "[]\n")
    #expect(listing.notes == ["\(kind.rawValue): none are available"])
  }

  @Test func `an unknown kind names the nearest and all`() {
    let text = message { _ = try ListingKind(named: "model") }
    #expect(
      text.hasPrefix(#"unknown kind "model" (did you mean "models"?); known: gpus, models, "#))
  }

  @Test func `without a kind the kinds are counted`() throws {
    struct Kind: Decodable {
      let name: String
      let count: Int
    }
    let kinds = try decoded([Kind].self, from: Listing.overview().json.text)
    #expect(kinds.map(\.name) == ListingKind.allCases.map(\.rawValue))
    for kind in kinds {
      #expect(kind.count == Listing(try ListingKind(named: kind.name)).count)
    }
  }

  // MARK: - Families

  private let values = [
    "value": "5", "min": "1", "max": "9", "mean": "5", "cv": "1", "shape": "2", "exponent": "1",
    "file": "lengths.csv", "column": "out", "rate": "2", "concurrency": "8",
    "on_rate": "3", "on_time": "2 s", "off_time": "1 min", "amplitude": "0.5",
  ]

  private func mapping(_ key: String, _ family: Family, without left: String? = nil) -> String {
    let pairs = family.parameters.filter { $0 != left }.map { "\($0): \(values[$0] ?? "?")" }
    return "{" + ([("\(key): \(family.name)")] + pairs).joined(separator: ", ") + "}"
  }

  private func fault(arrivals: String, lengths: String) -> String {
    ExperimentTests.fault(
      """
      model: m
      cluster: {gpu: g}
      workload:
        generate:
          requests: 2
          arrivals: \(arrivals)
          input_tokens: \(lengths)
          output_tokens: {distribution: fixed, value: 1}

      """)
  }

  @Test func `a distribution takes the parameters listed and needs every one`() throws {
    for family in try entries(.distributions, Family.self) {
      let whole = mapping("distribution", family)
      #expect(fault(arrivals: "{process: burst}", lengths: whole) == "")
      for left in family.parameters {
        let part = mapping("distribution", family, without: left)
        #expect(fault(arrivals: "{process: burst}", lengths: part) != "", "\(part)")
      }
    }
  }

  @Test func `an arrival process takes the parameters listed and needs every one`() throws {
    let one = "{distribution: fixed, value: 1}"
    for family in try entries(.arrivals, Family.self) {
      #expect(fault(arrivals: mapping("process", family), lengths: one) == "")
      for left in family.parameters {
        let part = mapping("process", family, without: left)
        #expect(fault(arrivals: part, lengths: one) != "", "\(part)")
      }
    }
  }

  // MARK: - Scenarios

  @Test func `scenarios are the experiments in Workloads above the executable`() throws {
    let directory = try TestDirectory()
    let executable = try directory.write("", to: "build/release/martlet")
    #expect(Listing.scenarioDirectory(near: ["/no/such/file", executable]) == nil)
    _ = try directory.write(least, to: "Workloads/two.yaml")
    _ = try directory.write(least + "name: one\n", to: "Workloads/a.yaml")
    _ = try directory.write("model: [", to: "Workloads/broken.yaml")
    _ = try directory.write("t\n", to: "Workloads/trace.csv")
    let found = try #require(
      Listing.scenarioDirectory(near: ["/no/such/file", executable]))
    let listing = Listing(.scenarios, scenarios: found)
    let names = try decoded([Named].self, from: listing.json.text).map(\.name)
    #expect(names == ["one", "two"])
    #expect(listing.text().contains("two   llama-3-8b  a100-80gb-sxm  vllm-v1"))
    #expect(listing.notes.count == 1)
    let note = try #require(listing.notes.first)
    #expect(note.hasPrefix("warning: ") && note.contains("Workloads/broken.yaml:"), "\(note)")
  }

  @Test func `a scenario is listed as it runs, with what it sets`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(least, to: "Workloads/two.yaml")
    _ = try directory.write(
      "base: ../two.yaml\nset: {engine.scheduler: orca-max, cluster.instances: 3}\n"
        + "expect: {failed: 0}\n", to: "Workloads/scenarios/s.yaml")
    _ = try directory.write(
      "base: ../two.yaml\nsett: {}\nexpect: {failed: 0}\n", to: "Workloads/scenarios/t.yaml")
    let listing = Listing(.scenarios, scenarios: "\(directory.path)/Workloads")
    #expect(listing.text().contains("s     llama-3-8b  a100-80gb-sxm  orca-max         1"))
    #expect(listing.json.text.contains(#""instances": 3"#))
    #expect(listing.notes.count == 1 && listing.notes[0].contains("unknown key \"sett\""))
  }
}
