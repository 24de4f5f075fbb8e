import Metrics
import Testing
import Units

@Suite struct ClusterRecordTests {
  @Test func `up time is cut to the time asked for`() {
    var member = MemberCounts()
    member.spans = [
      UpSpan(from: instant(2), until: instant(5)), UpSpan(from: instant(7), until: instant(9)),
    ]
    #expect(member.upTime(from: .zero, until: instant(10)) == 5)
    #expect(member.upTime(from: instant(3), until: instant(8)) == 3)
    #expect(member.upTime(from: instant(5), until: instant(7)) == 0)
  }
}
