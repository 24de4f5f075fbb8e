import Foundation
import TestSupport
import Testing

/// The executable as scripts meet it: exit codes and which stream says what.
@Suite struct BinaryTests {
  private let experiment = """
    model: llama-3-8b
    cluster: {gpu: a100-80gb-sxm}
    workload:
      generate:
        requests: 5
        arrivals: {process: fixed, rate: 2}
        input_tokens: {distribution: uniform, min: 10, max: 20}
        output_tokens: {distribution: fixed, value: 7}

    """

  @Test func `an unknown verb, kind or flag ends with 2 and one line on standard error`() throws {
    let directory = try TestDirectory()
    let faults = [
      (["lst"], #"error: unknown command "lst" (did you mean "list"?); known: "#),
      (["trace", "inf"], #"error: unknown command "inf" (did you mean "info"?); known: info, "#),
      (["list", "gpu"], #"error: unknown kind "gpu" (did you mean "gpus"?); known: gpus, "#),
      (["list", "gpus", "--options"], "error: --options: gpus have no options; "),
      (["explain"], "error: explain needs an experiment file, or a model and a GPU; "),
      (["trace", "info", "none.csv"], "error: none.csv: cannot be opened: "),
    ]
    for (arguments, start) in faults {
      guard let outcome = try Binary.martlet(arguments, in: directory) else { return }
      #expect(outcome.code == 2, "\(arguments)")
      #expect(outcome.output == "", "\(arguments)")
      #expect(outcome.errors.hasPrefix(start), "\(arguments): \(outcome.errors)")
      #expect(outcome.errors.filter { $0 == "\n" }.count == 1, "\(outcome.errors)")
    }
    let flag = try Binary.martlet(["list", "gpus", "--jsn"], in: directory)
    #expect(flag?.code ?? 2 == 2)
    #expect(flag?.output ?? "" == "")
  }

  @Test func `list gpus --json is JSON and nothing else`() throws {
    struct GPU: Decodable {
      let name: String
      let memoryBytes: Double
    }
    let directory = try TestDirectory()
    guard let outcome = try Binary.martlet(["list", "gpus", "--json"], in: directory) else {
      return
    }
    #expect(outcome.code == 0)
    #expect(outcome.errors == "")
    let gpus = try decoded([GPU].self, from: outcome.output)
    #expect(gpus.contains { $0.name == "h100-80gb-sxm" && $0.memoryBytes == 80 * 0x1p30 })
  }

  @Test func `an empty kind is an empty list, the remark goes to standard error`() throws {
    let directory = try TestDirectory()
    guard let outcome = try Binary.martlet(["list", "codecs", "--json"], in: directory) else {
      return
    }
    #expect(outcome.code == 0)
    #expect(outcome.output == "[]\n")
    #expect(outcome.errors == "codecs: none are available\n")
  }

  @Test func `explain warns on standard error and answers on standard output`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(experiment, to: "my.yaml")
    guard let outcome = try Binary.martlet(["explain", "my.yaml", "--gpu", "l4"], in: directory)
    else { return }
    #expect(outcome.code == 0)
    #expect(outcome.output.hasPrefix("llama-3-8b on 1 x l4\n"))
    #expect(!outcome.output.contains("warning"))
    #expect(outcome.errors.hasPrefix("warning: no kernel timings of l4"))
  }

  @Test func `a generated trace is described, and never replaced by accident`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(experiment, to: "my.yaml")
    guard
      let first = try Binary.martlet(
        ["trace", "generate", "my.yaml", "-o", "t.csv"], in: directory)
    else { return }
    #expect(first.code == 0)
    #expect(first.output == "wrote t.csv: 5 requests\n")
    #expect(first.errors == "")
    let text = try String(contentsOfFile: "\(directory.path)/t.csv", encoding: .utf8)
    #expect(text.hasPrefix("arrived_at,num_prefill_tokens,num_decode_tokens\n0.000000000000,"))
    #expect(text.split(separator: "\n").dropFirst().allSatisfy { $0.hasSuffix(",7") })
    let again = try Binary.martlet(["trace", "generate", "my.yaml", "-o", "t.csv"], in: directory)
    #expect(again?.code == 2)
    #expect(again?.errors.hasPrefix("error: t.csv: exists; ") == true)
    let stream = try Binary.martlet(["trace", "generate", "my.yaml", "-o", "-"], in: directory)
    #expect(stream?.output == text)
    let other = try Binary.martlet(
      ["trace", "generate", "my.yaml", "-o", "t.csv", "--seed", "9", "--force"], in: directory)
    #expect(other?.code == 0)
    #expect(try String(contentsOfFile: "\(directory.path)/t.csv", encoding: .utf8) != text)
    let info = try Binary.martlet(["trace", "info", "t.csv"], in: directory)
    #expect(info?.code == 0)
    #expect(info?.output.contains("requests      5 kept\n") == true)
    #expect(info?.output.contains("span          2.000 s\n") == true)
  }

  @Test func `trace info says bad rows on both streams`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(
      "arrived_at,num_prefill_tokens,num_decode_tokens\n0,5,5\n1,x,5\n", to: "t.csv")
    guard let outcome = try Binary.martlet(["trace", "info", "t.csv"], in: directory) else {
      return
    }
    #expect(outcome.code == 0)
    #expect(outcome.output.contains("dropped       1: num_prefill_tokens is not a whole number"))
    #expect(
      outcome.errors
        == "warning: t.csv:3: num_prefill_tokens \"x\" is not a whole number (1 row dropped)\n")
  }
}
