import Testing
import Workload

@Suite struct MartletJSONTests {
  @Test(arguments: [
    (#""blocks":[1,[2]]"#, "blocks is not a list of whole numbers"),
    (#""blocks":["1"]"#, "blocks is not a list of whole numbers"),
    (#""block_size":16,"blocks":7.5"#, "blocks is not a list of whole numbers"),
    (#""block_size":16,"block_size":16"#, "block_size occurs twice"),
    (#""block_size":16,"blocks":[1"#, "the line ends inside its JSON object"),
    (#""block_size":16,"blocks":[1,]"#, "invalid JSON"),
    (#""delay_s":"1""#, "delay_s is not a number"),
  ])
  func `a bad line of JSON is dropped under its reason`(bad: String, reason: String) throws {
    let row = #"{"request_id":0,"arrival_s":0,"input_tokens":5,"output_tokens":5"#
    let trace = try read(row + "}\n" + row + "," + bad + (bad.hasSuffix("[1") ? "" : "}\n"))
    #expect(trace.drops == ["\(reason): 1 from 2"])
  }

  @Test func `a required key that is missing or null is named`() throws {
    let row = #"{"request_id":0,"arrival_s":0,"input_tokens":5,"output_tokens":5}"#
    let trace = try read(
      row + "\n" + row.replacing("5,", with: "null,") + "\n{\"arrival_s\":0}\n[1]\n7\n")
    #expect(
      trace.drops == [
        "input_tokens is missing: 2 from 2", "the line is not a JSON object: 2 from 4",
      ])
  }
}
