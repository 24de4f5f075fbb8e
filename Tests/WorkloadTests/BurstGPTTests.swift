import Metrics
import Testing
import Workload

@Suite struct BurstGPTTests {
  static let first = "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
  static let third =
    "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n"

  @Test func `a row without response tokens is a failure, whatever it asked`() throws {
    let text =
      Self.first + "7,ChatGPT,40,8,48,Conversation log\n9,ChatGPT,0,0,0,Conversation log\n"
      + "9,GPT-4,120,0,120,API log\n11,GPT-4,0,6,6,API log\n11,GPT-4,50,60,110,API log\n"
    let trace = try read(text)
    #expect(trace.report.format == "burstgpt")
    #expect(trace.arrivals == [0, 4_000_000_000_000])
    #expect(
      trace.drops == [
        "the request failed: Response tokens is 0: 2 from 3", "Request tokens is 0: 1 from 5",
      ])
    #expect(trace.requests.turns == nil)
  }

  @Test func `the third part has two more columns, fractions and sessions`() throws {
    let text =
      Self.third + "500.0,a-1,43,GPT-4,90,44,134,Conversation log\n"
      + "500.0,,21,GPT-4,26,17,43,API log\n502.5,b-2,3,ChatGPT,11,12,23,Conversation log\n"
      + "510.0,a-1,4,GPT-4,140,30,170,Conversation log\n"
    let trace = try read(text)
    #expect(trace.prompts == [90, 26, 11, 140])
    #expect(trace.arrivals == [0, 0, 2_500_000_000_000, 10_000_000_000_000])
    let turns = try #require(trace.requests.turns)
    #expect(turns.session == [0, 1, 2, 0])
    #expect(turns.turn == [1, 1, 1, 2] && turns.parent == [-1, -1, -1, 0])
    #expect(turns.delay == [-1, -1, -1, -1])
  }

  @Test func `totals that are no sums are counted`() throws {
    let trace = try read(Self.first + "7,ChatGPT,40,8,49,x\n8,ChatGPT,40,8,48,x\n")
    #expect(trace.prompts == [40, 40])
    #expect(
      trace.report.warnings.contains {
        $0.hasSuffix("Total tokens of 1 row are not the sum; not used")
      })
    let empty = try read(Self.first + "7,ChatGPT,40,8,,x\n8,ChatGPT,40,8,x,x\n")
    #expect(empty.prompts == [40, 40])
  }

  @Test func `more than 106 days need a limit or a speedup`() throws {
    // 110 days, as the third part has.
    let text = Self.first + "0,GPT-4,1,1,2,x\n9504000,GPT-4,1,1,2,x\n"
    let message = try #require(try refusal(text))
    #expect(message.hasPrefix("trace.txt:3: arrives over 106 days after the first row"))
    #expect(message.hasSuffix("set limit or speedup"))
    #expect(try read(text) { $0.limit = 1 }.requests.count == 1)
    #expect(try read(text) { $0.speedup = 2 }.arrivals.last == 4_752_000_000_000_000_000)
  }

  /// The catalogue's dirty file, with other numbers.
  @Test func `dirty rows are dropped one by one`() throws {
    let text =
      Self.first
      + "10,ChatGPT,7,8,15,Conversation log\n21,ChatGPT,0,0,0,Conversation log\n"
      + "31,ChatGPT,12,0,12,Conversation log\n41,ChatGPT,-5,10,5,Conversation log\n"
      + "51,ChatGPT,abc,10,10,Conversation log\n56,ChatGPT,,50,50,Conversation log\n"
      + "61,ChatGPT,100\n46,ChatGPT,3,4,7,Conversation log\n44,ChatGPT,5,6,11,Conversation log\n"
    let trace = try read(text)
    #expect(
      trace.drops == [
        "the request failed: Response tokens is 0: 2 from 3",
        "Request tokens is negative: 1 from 5",
        "Request tokens is not a whole number: 1 from 6", "Request tokens is empty: 1 from 7",
        "too few fields: 1 from 8",
      ])
    #expect(trace.prompts == [7, 5, 3])
    #expect(
      trace.report.warnings.contains {
        $0.hasSuffix(":10: arrives before a row above it (1 row); sorted")
      })
  }
}
