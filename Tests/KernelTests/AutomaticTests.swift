import Foundation
import Kernel
import Testing
import Units

@Suite struct AutomaticTests {
  private struct Settings: PolicyOptions, Equatable {
    var limit = Automatic.auto
  }

  @Test func `auto leaves the choice to the policy and a number does not`() {
    #expect(Automatic.auto.value(or: 256) == 256)
    #expect(Automatic.value(8).value(or: 256) == 8)
    #expect(Automatic.value(0).value(or: 256) == 0)
  }

  @Test(arguments: [
    (Automatic.auto, "auto", #"{"limit":"auto"}"#), (.value(12), "12", #"{"limit":12}"#),
    (.value(-1), "-1", #"{"limit":-1}"#),
  ])
  func `a file says auto or a whole number`(choice: Automatic, text: String, json: String) throws {
    #expect(choice.description == text)
    #expect(String(decoding: try JSONEncoder().encode(["limit": choice]), as: UTF8.self) == json)
    let settings = try JSONDecoder().decode(Settings.self, from: Data(json.utf8))
    #expect(settings.limit == choice)
  }

  @Test(arguments: [#"{"limit":"Auto"}"#, #"{"limit":""}"#, #"{"limit":"12"}"#])
  func `another word is refused with what would be right`(json: String) throws {
    do {
      _ = try JSONDecoder().decode(Settings.self, from: Data(json.utf8))
      Issue.record("decoded \(json)")
    } catch DecodingError.dataCorrupted(let context) {
      #expect(context.debugDescription == "write auto or a whole number")
    }
  }

  @Test(arguments: [#"{"limit":1.5}"#, #"{"limit":null}"#, #"{"limit":[1]}"#])
  func `what is no whole number is refused`(json: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Settings.self, from: Data(json.utf8))
    }
  }
}

@Suite struct AutomaticTimeTests {
  private struct Settings: PolicyOptions, Equatable {
    var time = AutomaticTime.auto
  }

  @Test func `auto leaves the choice to the policy and a time does not`() {
    #expect(AutomaticTime.auto.value(or: Seconds(3)) == Seconds(3))
    #expect(AutomaticTime.value(Seconds(0)).value(or: Seconds(3)) == Seconds(0))
    #expect(AutomaticTime.auto.description == "auto")
    #expect(AutomaticTime.value(Seconds(3)).description == Seconds(3).description)
  }

  @Test(arguments: [AutomaticTime.auto, .value(Seconds(1.6e-4)), .value(Seconds(0))])
  func `what is written is read again`(time: AutomaticTime) throws {
    var settings = Settings()
    settings.time = time
    let data = try JSONEncoder().encode(settings)
    #expect(try JSONDecoder().decode(Settings.self, from: data) == settings)
  }

  @Test(arguments: [#"{"time":"Auto"}"#, #"{"time":[1]}"#, #"{"time":"5 parsecs"}"#])
  func `what is no time is refused`(json: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Settings.self, from: Data(json.utf8))
    }
  }
}
