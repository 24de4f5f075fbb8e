import Files
import Testing

@Suite struct NearestTests {
  @Test(arguments: [
    ("kv_polcy", "kv_policy"), ("instnaces", "instances"), ("GPU", "gpu"), ("seeed", "seed"),
    ("intput_tokens", "input_tokens"), ("h100-80gb-smx", "h100-80gb-sxm"),
  ])
  func `a slip of the pen finds its name`(slip: String, name: String) {
    let known = [
      "kv_policy", "instances", "gpu", "seed", "input_tokens", "output_tokens", "h100-80gb-pcie",
      "h100-80gb-sxm",
    ]
    #expect(nearest(slip, in: known) == name)
  }

  @Test(arguments: ["x", "temperature", "", "gp-uuuu"])
  func `a name unlike any other has no neighbour`(name: String) {
    #expect(nearest(name, in: ["gpu", "instances", "tensor_parallel"]) == nil)
  }

  @Test func `a swap of neighbours is one edit, and the first of equals wins`() {
    // Two edits without the swap: above the limit of one for a name of four.
    #expect(nearest("mdoe", in: ["mode"]) == "mode")
    #expect(nearest("bac", in: ["bad", "bat"]) == "bad")
  }
}
