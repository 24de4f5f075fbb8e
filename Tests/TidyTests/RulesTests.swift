import Testing

/// Every rule is shown an offence, so that it is seen to fail.
@Suite struct RulesTests {
  private func banned(_ code: String) -> [Offence] {
    Rules.bannedText(SourceText(code), in: "Sources/Room/File.swift")
  }

  @Test func `code, comments and strings are told apart`() {
    let source = SourceText(
      #"""
      let a = "text // no comment" // a comment
      let b = "x \(call("deep \(er)")) y"; /* block
      goes on */ let c = 1
      let `a name with func {` = #"raw "quoted" \(no)"#
      let d = "\" //" + """
        func fake() {
        """
      """#)
    #expect(
      source.code == [
        #"let a = "" "#, #"let b = "(call("(er)"))"; "#, " let c = 1", #"let `` = """#,
        #"let d = "" + ""#, "", #"""#,
      ])
    #expect(source.comments == ["// a comment", "/* block", "goes on ", "", "", "", ""])
  }

  @Test func `layout is judged`() {
    #expect(Rules.layout("fine\n") == [])
    #expect(Rules.layout("").isEmpty)
    #expect(
      Rules.layout("a \n\tb\n" + String(repeating: "x", count: 101) + "\nend") == [
        Offence(line: 4, fault: "the last line has no end"),
        Offence(line: 1, fault: "trailing blank"),
        Offence(line: 2, fault: "tab; use spaces"),
        Offence(line: 3, fault: "101 columns; 100 at most"),
      ])
    #expect(Rules.layout(String(repeating: "x", count: 100) + "\n") == [])
  }

  @Test func `a file may have 400 lines and no more`() {
    #expect(Rules.layout(String(repeating: "x\n", count: 400)) == [])
    #expect(
      Rules.layout(String(repeating: "x\n", count: 401)) == [
        Offence(line: 401, fault: "401 lines; 400 at most")
      ])
  }

  @Test func `every ban is enforced in code and in interpolations`() {
    for ban in Rules.bans {
      let fault = "\(ban.text) is banned; use \(ban.instead)"
      #expect(banned("let a = 1\n\(ban.text) x").contains(Offence(line: 2, fault: fault)))
      #expect(banned("print(\"\\(\(ban.text) x)\")").contains(Offence(line: 1, fault: fault)))
    }
  }

  @Test func `bans spare comments, strings and longer names`() {
    #expect(banned("// try! and Date()\nlet a = \"fatalError(\"\nlet b = #\"try!\"#") == [])
    #expect(banned("update(x); invalidDate(x); hasHasher(1)") == [])
    #expect(banned("internal import FoundationEssentials") == [])
    #expect(banned("update(Date())").count == 1)
  }

  @Test func `an allowed file is spared`() {
    let ban = Ban(text: "try!", instead: "try", allowed: ["a.swift"])
    #expect(ban.allowed.contains("a.swift"))
    for ban in Rules.bans {
      for file in ban.allowed {
        #expect(Rules.bannedText(SourceText(ban.text + " x"), in: file) == [])
      }
    }
  }

  @Test func `comments may not announce work`() {
    for word in Rules.forbiddenWords {
      let fault = "\"\(word)\" in a comment"
      #expect(
        Rules.forbiddenComments(SourceText("let a = 1\nlet b = 2 // \(word) later"))
          == [Offence(line: 2, fault: fault)])
      #expect(Rules.forbiddenComments(SourceText("let a = \"\(word)\"")) == [])
    }
  }

  private func function(_ lines: Int, head: String = "func f() {") -> String {
    head + "\n" + String(repeating: "  x = {1}\n", count: lines - 2) + "}\n"
  }

  @Test(arguments: [
    "func f() {", "public static func f<T>(_ x: T = { 1 }()) -> Int where T: P {",
    "func `a { name`() {", "init(a: Int) {", "  public init?() throws(E) {", "deinit {",
    "subscript(i: Int) -> Int {", "mutating func f() {",
  ])
  func `a function may have 60 lines and no more`(head: String) {
    #expect(Rules.longFunctions(SourceText(function(60, head: head))) == [])
    #expect(
      Rules.longFunctions(SourceText("let a = 1\n" + function(61, head: head))) == [
        Offence(line: 2, fault: "function of 61 lines; 60 at most")
      ])
  }

  @Test func `a signature over several lines counts`() {
    let head = "func f(\n  a: Int,\n  b: Int\n)\n  throws(E) -> Int\n  where A: B\n{"
    #expect(Rules.longFunctions(SourceText(function(54, head: head))) == [])
    #expect(
      Rules.longFunctions(SourceText(function(55, head: head))) == [
        Offence(line: 1, fault: "function of 61 lines; 60 at most")
      ])
  }

  @Test func `a requirement has no body and a call is no function`() {
    let filler = String(repeating: "\n", count: 70)
    let requirement = "protocol P {\n  func f(a: Int) -> Int\n\(filler)}\n"
    #expect(Rules.longFunctions(SourceText(requirement)) == [])
    #expect(Rules.longFunctions(SourceText("self.init(a: 1)\nstruct S {\(filler)}\n")) == [])
    #expect(Rules.longFunctions(SourceText("let s = \"func f() {\"\n\(filler)")) == [])
  }

  @Test func `a door plate has a name and 3 to 15 lines`() {
    #expect(Rules.doorPlate("# Room\n\nWhat it does.\n", room: "Room") == [])
    #expect(
      Rules.doorPlate("# Room\n", room: "Room") == [
        Offence(line: 1, fault: "1 lines; a door plate has 3 to 15")
      ])
    #expect(
      Rules.doorPlate("# Other\n\nWhat.\n", room: "Room") == [
        Offence(line: 1, fault: "the first line must be \"# Room\"")
      ])
    let long = "# Room\n" + String(repeating: "x\n", count: 15)
    #expect(Rules.doorPlate(long, room: "Room").count == 1)
    #expect(Rules.doorPlate("", room: "Room").count == 2)
  }

  @Test func `policies are found and their sources, too`() {
    let policy = SourceText("/// Source: a paper.\npublic struct Fair: Scheduler, Sendable {")
    #expect(Rules.definesPolicy(policy, kind: "Scheduler"))
    #expect(Rules.namesSource(policy))
    let list = SourceText(
      "public let schedulers: [any Scheduler.Type] = []\nstruct Core: Sendable {")
    #expect(!Rules.definesPolicy(list, kind: "Scheduler"))
    #expect(!Rules.namesSource(list))
    #expect(!Rules.definesPolicy(SourceText("struct A: SchedulerOptions {"), kind: "Scheduler"))
  }

  @Test func `strangers on the top level are named`() {
    let entries = [
      "Sources", "notes.txt", ".build", ".build-linux", "demo-out", "dist", "Package.resolved",
      ".git", "a.partial-1", "docs",
    ]
    #expect(Rules.strangers(entries, expected: ["Sources", "Makefile"]) == ["docs", "notes.txt"])
  }
}
