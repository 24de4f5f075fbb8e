import Testing
import Workload

@Suite struct SplitwiseSimTests {
  static let header =
    "request_id,request_type,application_id,arrival_timestamp,batch_size,prompt_size,token_size\n"

  @Test func `requests of a language model are read, others and batches are told`() throws {
    let text = Self.header + "0,2,0,1.5,1,40,3\n1,1,0,2,1,50,4\n2,2,0,3.25,4,60,5\n3,2,0,4,1,7,0\n"
    let trace = try read(text)
    #expect(trace.report.format == "splitwise-sim")
    #expect(trace.arrivals == [0, 1_750_000_000_000])
    #expect(trace.prompts == [40, 60] && trace.outputs == [3, 5])
    #expect(
      trace.drops == [
        "request_type is not 2, a language model's: 1 from 3", "token_size is 0: 1 from 5",
      ])
    #expect(
      trace.report.warnings.last?
        .hasSuffix("batch_size of 1 row is not 1; each is read as one request") == true)
  }

  @Test func `the three columns that matter are enough`() throws {
    let trace = try read("token_size,Prompt_Size,arrival_timestamp,pool\n3,4,0,x\n")
    #expect(trace.prompts == [4] && trace.outputs == [3])
    #expect(trace.report.warnings.first?.hasSuffix("columns not used: pool") == true)
  }

  @Test(arguments: [
    ("9,,0,2,1,5,5", "request_type is empty"),
    ("9,two,0,2,1,5,5", "request_type is not a whole number"),
    ("9,2,0,2,x,5,5", "batch_size is not a whole number"),
    ("9,2,0,-2,1,5,5", "arrival_timestamp is negative"),
    ("9,2,0,2,1,5.5,5", "prompt_size is not a whole number"),
  ])
  func `a bad row is dropped under its reason`(bad: String, reason: String) throws {
    let trace = try read(Self.header + "0,2,0,1.5,1,40,3\n" + bad + "\n")
    #expect(trace.drops == ["\(reason): 1 from 3"])
  }
}
