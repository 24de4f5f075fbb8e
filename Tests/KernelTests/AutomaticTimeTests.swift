import Foundation
import Kernel
import Testing
import Units

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
