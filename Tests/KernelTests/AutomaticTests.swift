import Foundation
import Kernel
import Testing

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
