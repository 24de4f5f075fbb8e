import Testing

@Suite struct TidyTests {
  /// All that the top level may hold; what git ignores may lie there too.
  static let topLevel = [
    "Package.swift", "Sources", "Tests", "Workloads", "Results", "Makefile", "README.md",
    "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", ".swift-format", ".gitignore", ".ci",
  ]
  /// Folders whose files each hold a policy, and the protocol that makes it one.
  static let policies = [
    (folder: "Sources/Schedulers", kind: "Scheduler"),
    (folder: "Sources/Cluster/Routers", kind: "Router"),
    (folder: "Sources/Cluster/Autoscalers", kind: "Autoscaler"),
    (folder: "Sources/Workload/Formats", kind: "TraceFormat"),
    (folder: "Sources/Memory/Eviction", kind: "EvictionPolicy"),
  ]
  private let repository = Repository()

  private var swiftFiles: [String] {
    repository.files(under: "Sources") + repository.files(under: "Tests") + ["Package.swift"]
  }

  private func report(_ offences: [Offence], in file: String) {
    for offence in offences { Issue.record("\(file):\(offence)") }
  }

  /// Applies `rule` to every file; a file that cannot be read is an offence, too.
  private func check(_ files: [String], _ rule: (String, String) -> [Offence]) throws {
    try #require(files.count > 2)
    for file in files {
      let text = try #require(repository.text(file), "\(file) cannot be read")
      report(rule(text, file), in: file)
    }
  }

  @Test func `files, lines and blanks keep their limits`() throws {
    try check(swiftFiles) { text, _ in Rules.layout(text) }
  }

  @Test func `functions keep their limit`() throws {
    try check(swiftFiles) { text, _ in Rules.longFunctions(SourceText(text)) }
  }

  @Test func `sources use nothing that is banned`() throws {
    try check(repository.files(under: "Sources")) { text, file in
      Rules.bannedText(SourceText(text), in: file)
    }
  }

  @Test func `what a ban allows exists and needs it`() throws {
    for ban in Rules.bans {
      for file in ban.allowed {
        let text = try #require(repository.text(file), "\(file) is allowed \(ban.text)")
        let offences = Rules.bannedText(SourceText(text), in: "")
        #expect(offences.contains { $0.fault.hasPrefix(ban.text) }, "\(file): \(ban.text)")
      }
    }
  }

  @Test func `comments announce nothing`() throws {
    try check(swiftFiles) { text, file in
      // The rules and their tests name the words.
      file.hasPrefix("Tests/TidyTests/") ? [] : Rules.forbiddenComments(SourceText(text))
    }
  }

  @Test func `every room has a door plate`() throws {
    let rooms = repository.names(in: "Sources").filter { room in
      repository.names(in: "Sources/\(room)").contains { $0.hasSuffix(".swift") }
    }
    try #require(rooms.count > 10)
    for room in rooms {
      let plate = "Sources/\(room)/README.md"
      report(Rules.doorPlate(repository.text(plate) ?? "", room: room), in: plate)
    }
  }

  @Test func `every policy has its tests, and every scheduler its source`() throws {
    let tests = Set(repository.files(under: "Tests").compactMap { $0.split(separator: "/").last })
    for (folder, kind) in Self.policies {
      for file in repository.files(under: folder) {
        let source = SourceText(try #require(repository.text(file)))
        guard Rules.definesPolicy(source, kind: kind) else { continue }
        let stem = file.split(separator: "/").last?.dropLast(".swift".count) ?? ""
        #expect(tests.contains("\(stem)Tests.swift"), "\(file) has no \(stem)Tests.swift")
        if kind == "Scheduler" {
          #expect(Rules.namesSource(source), "\(file) has no line \"Source: …\"")
        }
      }
    }
  }

  // What a run reads, code and data, may not know what it is measured by.
  @Test func `nothing outside a paper's folder names its experiments`() throws {
    let papers = "Workloads/papers"
    let experiments = repository.files(under: papers, suffix: ".yaml")
      .filter { !$0.hasSuffix("claims.yaml") }
    try #require(experiments.count > 5)
    let readers =
      repository.files(under: "Sources") + repository.files(under: "Workloads", suffix: ".yaml")
    for experiment in experiments {
      let text = try #require(repository.text(experiment))
      let folder = experiment.split(separator: "/").dropLast().joined(separator: "/") + "/"
      let paper = folder.dropFirst(papers.count + 1).dropLast()
      let name = try #require(
        text.split(separator: "\n").first { $0.hasPrefix("name: ") }?.dropFirst(6),
        "\(experiment) has no name")
      #expect(name.hasPrefix("\(paper)-"), "\(experiment) is called \(name)")
      for file in readers where !file.hasPrefix(folder) {
        let other = try #require(repository.text(file))
        #expect(!other.contains(name), "\(file) names \(name)")
      }
    }
  }

  @Test func `policies and costs read no file and no experiment`() throws {
    for room in ["Schedulers", "Cluster", "Memory", "Serving", "Cost", "Kernel"] {
      for file in repository.files(under: "Sources/\(room)") {
        let text = try #require(repository.text(file))
        for room in ["Files", "Experiment", "Studies", "Glibc"] {
          #expect(!text.contains("import \(room)\n"), "\(file) imports \(room)")
        }
        #expect(!text.contains("Workloads/papers"), "\(file) knows papers")
      }
    }
  }

  @Test func `the top level holds nothing else`() {
    #expect(Rules.strangers(repository.names(in: ""), expected: Self.topLevel) == [])
  }
}
