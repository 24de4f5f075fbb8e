import Cost
import Experiment
import Files
import Foundation
import TestSupport
import Testing

/// `martlet validate-cost` and `martlet calibrate` as scripts meet them.
@Suite struct FidelityCommandTests {
  private let directory: TestDirectory

  init() throws {
    directory = try TestDirectory()
    let products = (0..<40).map { i in
      let (m, n) = (1 << (i % 12), 2048 << (i % 3))
      // Half the peaks and 5 µs: 4096 inner.
      let time = 5 + max(2 * m * n * 4096 / 495_000_000, (n * 4096 * 2) / 1_675_000)
      return "bf16,\(m),\(n),4096,\(time)\n"
    }
    _ = try directory.write("dtype,m,n,k,time_us\n" + products.joined(), to: "gemm.csv")
    let copies = (0..<24).map { i -> String in
      let bytes = Double(4096 << (i % 12))
      let rate = bytes / (3e-6 + bytes / (0.8 * 63e9)) / 1e9
      return "cudaMemcpyAsync,\(bytes),100,\(rate * (1 + 0.01 * Double(i % 3 - 1)))\n"
    }
    _ = try directory.write(
      "method,block_bytes,n_blocks,gbps\n" + copies.joined(), to: "copies.csv")
  }

  private struct Row: Decodable {
    let `class`: String
    let filter: String
    let rows: Int
    let medianApePct: Double
    let p90ApePct: Double
    let biasPct: Double
    let naiveMedianApePct: Double
    let naiveP90ApePct: Double
  }

  @Test func `validate-cost --json has the keys that scripts rely on, one object a filter`() throws
  {
    guard
      let outcome = try Binary.martlet(
        ["validate-cost", "gemm.csv", "copies.csv", "--gpu", "h100_sxm", "--json"], in: directory)
    else { return }
    #expect(outcome.code == 0 && outcome.errors.isEmpty)
    let rows = try decoded([Row].self, from: outcome.output)
    #expect(
      rows.map { "\($0.class) \($0.filter) \($0.rows)" } == [
        "gemm fit 40", "gemm all 40", "copy fit 24", "copy all 24",
      ])
    // Copies at 0.8 of the link and 3 µs a block: every one is slower than the link alone.
    #expect(rows[2].naiveMedianApePct > 20 && rows[2].naiveP90ApePct <= 100)
    let objects = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
    let keys: Set = [
      "class", "filter", "rows", "median_ape_pct", "p90_ape_pct", "bias_pct",
      "naive_median_ape_pct", "naive_p90_ape_pct",
    ]
    for object in objects { #expect(Set(object.keys).subtracting(["groups"]) == keys) }
  }

  @Test func `a filter without rows has no errors`() throws {
    _ = try directory.write("dtype,m,n,k,time_us\nbf16,8,256,256,5\n", to: "small.csv")
    guard
      let outcome = try Binary.martlet(
        ["validate-cost", "small.csv", "--gpu", "h100-80gb-sxm", "--json"], in: directory)
    else { return }
    let objects = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]])
    #expect(objects.map { $0["rows"] as? Int } == [0, 1])
    #expect(objects[0]["median_ape_pct"] is NSNull && objects[1]["bias_pct"] is Double)
  }

  @Test func `errors and bias are those of the rows, percentiles as numpy takes them`() throws {
    // The naive copy takes 65,536 B / 63 GB/s = 1.04025 µs; measured 4, 2 and 1.3 µs.
    let rates = [4.0, 2, 1.3].map { "custom_kernel,65536,1,\(65.536 / $0)\n" }
    _ = try directory.write("method,block_bytes,n_blocks,gbps\n" + rates.joined(), to: "c.csv")
    guard
      let outcome = try Binary.martlet(
        ["validate-cost", "c.csv", "--gpu", "h100_sxm", "--json"], in: directory)
    else { return }
    let row = try #require(try decoded([Row].self, from: outcome.output).first)
    let errors = [4.0, 2, 1.3].map { (1 - 65.536 / 63 / $0) * 100 }
    #expect(abs(row.naiveMedianApePct - errors[1]) < 1e-3)
    #expect(abs(row.naiveP90ApePct - (errors[1] + 0.8 * (errors[0] - errors[1]))) < 1e-3)
  }

  @Test func `--tensor-parallel keeps the rows of that many GPUs`() throws {
    let rows = [2, 2, 4, 8].map { "vllm,0.19.0,vLLM_custom_graph,all_reduce,\($0),bf16,4096,6\n" }
    _ = try directory.write(
      "library,version,impl,op,n_gpus,dtype,bytes,time_us\n" + rows.joined(), to: "all.csv")
    for (count, expected) in [("2", 2), ("8", 1)] {
      guard
        let outcome = try Binary.martlet(
          [
            "validate-cost", "all.csv", "--gpu", "a100_sxm", "--tensor-parallel", count, "--json",
          ], in: directory)
      else { return }
      #expect(try decoded([Row].self, from: outcome.output).map(\.rows) == [expected, expected])
    }
    let none = try Binary.martlet(
      ["validate-cost", "all.csv", "--gpu", "a100_sxm", "--tensor-parallel", "3"], in: directory)
    #expect(none?.code == 2 && none?.errors.hasPrefix("error: no row is left with --tens") == true)
  }

  @Test func `the table for people names class, filter and naive errors`() throws {
    guard
      let outcome = try Binary.martlet(
        ["validate-cost", "gemm.csv", "--gpu", "NVIDIA H100 80GB HBM3"], in: directory)
    else { return }
    #expect(outcome.code == 0)
    #expect(outcome.output.hasPrefix("GPU        h100-80gb-sxm\nconstants  timings of h100-80gb-"))
    for text in ["naive median", "\ngemm   fit ", "\ngemm   all ", "\nfit of gemm: bf16, n and k"] {
      #expect(outcome.output.contains(text), "\(text)")
    }
    let held = try Binary.martlet(
      ["validate-cost", "gemm.csv", "--gpu", "h100_sxm", "--held-out"], in: directory)
    #expect(
      held?.output.contains(
        "constants  predicted from timings of a100-80gb-sxm, rtx-pro-6000-server\n") == true)
  }

  @Test func `--tensor-parallel needs a column that tells, but for one GPU`() throws {
    let command = ["validate-cost", "gemm.csv", "--gpu", "h100_sxm", "--json", "--tensor-parallel"]
    guard let outcome = try Binary.martlet(command + ["2"], in: directory) else { return }
    #expect(outcome.code == 2 && outcome.output.isEmpty)
    #expect(
      outcome.errors.hasPrefix("error: gemm.csv: has none of the columns n_gpus, moe_tp_size, tp,"))
    let one = try Binary.martlet(command + ["1"], in: directory)
    #expect(try decoded([Row].self, from: one?.output ?? "").map(\.rows) == [40, 40])
  }

  @Test func `constants of another GPU are used and warned of`() throws {
    let fit = ["calibrate", "copies.csv", "--gpu", "h100_sxm", "--out", "h100.yaml"]
    guard let outcome = try Binary.martlet(fit, in: directory) else { return }
    #expect(outcome.code == 0)
    let command = ["validate-cost", "copies.csv", "--kernels", "h100.yaml", "--gpu"]
    let other = try Binary.martlet(command + ["h200-sxm"], in: directory)
    #expect(other?.code == 0)
    #expect(
      other?.errors == "warning: h100.yaml was fitted to h100-80gb-sxm, not to h200-sxm\n")
    let same = try Binary.martlet(command + ["h100_sxm"], in: directory)
    #expect(same?.errors.isEmpty == true)
  }

  @Test func `formats that are not modelled are named, with what they may be slips of`() throws {
    _ = try directory.write(
      "dtype,m,n,k,time_us\nbf61,8,4096,4096,9\nint4_wo,8,4096,4096,9\nbf16,8,4096,4096,9\n",
      to: "formats.csv")
    guard
      let outcome = try Binary.martlet(
        ["validate-cost", "formats.csv", "--gpu", "h100_sxm"], in: directory)
    else { return }
    #expect(
      outcome.errors == "warning: formats.csv: 2 of 3 rows are of formats or models that are not "
        + "modelled and are left out; dtype: \"bf61\" (did you mean \"bf16\"?), \"int4_wo\"; "
        + "known: bf16, bfloat16, fp16, float16, half, fp8, fp8_block, fp8_e4m3\n")
  }

  @Test func `flags of runs are refused for kernels, before anything is fitted`() throws {
    for flag in [
      ["--engine", "vllm"], ["--model", "llama-3-8b"], ["--profile", "none"], ["--set", "a=1"],
      ["--tp", "1"], ["--step", "0.1"],
    ] {
      guard
        let outcome = try Binary.martlet(
          ["calibrate", "copies.csv", "--gpu", "h100_sxm"] + flag, in: directory)
      else { return }
      #expect(outcome.code == 2 && outcome.output.isEmpty, "\(flag)")
      #expect(outcome.errors.hasPrefix("error: \(flag[0]): is for files of runs; kernels take"))
    }
    // The file of --out is looked at first, before the measurements.
    _ = try directory.write("mine", to: "kept.yaml")
    let kept = try Binary.martlet(
      ["calibrate", "absent.csv", "--gpu", "h100_sxm", "--out", "kept.yaml"], in: directory)
    #expect(kept?.code == 2 && kept?.errors.hasPrefix("error: kept.yaml: exists;") == true)
  }

  @Test func `validate-run prints one answer and says what it leaves out`() throws {
    let header = "gpu,model,engine,precision,tp,isl,osl,concurrency,tpot_ms,backend_version\n"
    let row = "h100_sxm,meta-llama/Llama-3.1-8B,vllm,bf16,1,200,20,4,9,0.12.0\n"
    _ = try directory.write(
      header + row + row.replacing("meta-llama/Llama-3.1-8B", with: "acme/one"), to: "runs.csv")
    for flags in [["--rows"], ["--csv"]] {
      guard
        let outcome = try Binary.martlet(["validate-run", "runs.csv"] + flags, in: directory)
      else { return }
      #expect(outcome.code == 0 && outcome.output.split(separator: "\n").count == 2)
      #expect(
        outcome.errors == "warning: runs.csv: 1 rows of vllm 0.12.0 acme/one left out: the "
          + "catalogue has no such model\n")
    }
    for flags in [["--json", "--csv"], ["--rows", "--json"], ["--csv", "--rows"]] {
      let outcome = try Binary.martlet(["validate-run", "runs.csv"] + flags, in: directory)
      #expect(outcome?.code == 2 && outcome?.output.isEmpty == true)
      #expect(outcome?.errors.contains("exclude each other") == true)
    }
  }

  @Test func `a file measured on another GPU is used and warned of`() throws {
    _ = try directory.write(
      "gpu,library,version,impl,op,n_gpus,dtype,bytes,time_us\n"
        + "h100_sxm,vllm,1,vLLM_custom_graph,all_reduce,2,bf16,4096,6\n", to: "other.csv")
    guard
      let outcome = try Binary.martlet(
        ["validate-cost", "other.csv", "--gpu", "a100_sxm", "--json"], in: directory)
    else { return }
    #expect(outcome.code == 0)
    #expect(
      outcome.errors == "warning: other.csv was measured on h100_sxm, not on a100-80gb-sxm\n")
  }

  @Test func `bad input ends with 2 and one line that says what would be right`() throws {
    _ = try directory.write("a,b\n1,2\n", to: "strange.csv")
    _ = try directory.write("dtype,m,n,k,time_us\nbf16,8,8,8,1\nbf16,8,8,8,x\n", to: "bad.csv")
    _ = try directory.write("", to: "empty.csv")
    _ = try directory.write("dtype,m,n,k,time_us\nint4,8,8,8,1\n", to: "none.csv")
    let gpu = ["--gpu", "h100_sxm"]
    let faults: [([String], String)] = [
      (gpu, "error: no file; name at least one CSV file of measurements"),
      (
        ["gemm.csv", "--gpu", "h100-80gb-sxn"], #"error: --gpu: unknown GPU "h100-80gb-sxn" (did "#
      ),
      (["absent.csv"] + gpu, "error: absent.csv: no such file"),
      (["strange.csv"] + gpu, "error: strange.csv: the header a,b is of no known measurement; "),
      (["bad.csv"] + gpu, "error: bad.csv:3: time_us is \"x\"; write a number"),
      (["gemm.csv", "bad.csv"] + gpu, "error: bad.csv:3: time_us is \"x\"; write a number"),
      (["empty.csv"] + gpu, "error: empty.csv: has no rows; expected a CSV file with a header"),
      (
        ["none.csv"] + gpu,
        "error: no row is left; formats that are not modelled are left out; dtype: \"int4\"; known"
      ),
    ]
    for verb in ["validate-cost", "calibrate"] {
      for (arguments, start) in faults {
        guard let outcome = try Binary.martlet([verb] + arguments, in: directory) else { return }
        #expect(outcome.code == 2, "\(verb) \(arguments)")
        #expect(outcome.output.isEmpty, "\(verb) \(arguments)")
        #expect(outcome.errors.hasPrefix(start), "\(verb) \(arguments): \(outcome.errors)")
        #expect(outcome.errors.filter { $0 == "\n" }.count == 1)
      }
    }
    for count in ["0", "-1"] {
      let outcome = try Binary.martlet(
        ["validate-cost", "gemm.csv"] + gpu + ["--tensor-parallel=\(count)"], in: directory)
      #expect(outcome?.code == 2)
      #expect(
        outcome?.errors
          == "error: --tensor-parallel: \(count) is no number of GPUs; write 1 or more\n")
    }
    let kernels = try Binary.martlet(
      ["validate-cost", "gemm.csv"] + gpu + ["--kernels", "absent.yaml"], in: directory)
    #expect(kernels?.code == 2 && kernels?.errors == "error: absent.yaml: no such file\n")
  }

  @Test func `calibrate writes constants that validate-cost and experiments read`() throws {
    let command = ["calibrate", "copies.csv", "--gpu", "h100_sxm", "--out", "my.yaml"]
    guard let outcome = try Binary.martlet(command, in: directory) else { return }
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    for text in ["median before", "median after", "copy_memcpy.per_block", "standard error"] {
      #expect(outcome.output.contains(text), "\(text)")
    }
    let path = "\(directory.path)/my.yaml"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.hasPrefix("version: 1\ngpu: h100-80gb-sxm\ntool_version: "))
    for key in ["hash: ", "residual_percentiles_pct: ", "standard_error: ", "covariance: [["] {
      #expect(text.contains(key), "\(key)")
    }
    let constants = try KernelFile(path).constants
    #expect(constants.values.map(\.name) == ["copy_memcpy.per_block", "copy_memcpy.efficiency"])
    // As the rows were made, but for their noise of 1 %.
    #expect(abs(constants.values[0].value - 3) < 0.1)
    #expect(abs(constants.values[1].value - 0.8) < 0.02)
    let checked = try Binary.martlet(
      ["validate-cost", "copies.csv", "--gpu", "h100_sxm", "--kernels", "my.yaml", "--json"],
      in: directory)
    let rows = try decoded([Row].self, from: checked?.output ?? "")
    #expect(rows.allSatisfy { $0.medianApePct < 1.5 && $0.p90ApePct < 2.5 })
    // The same data give the same bytes; a file is replaced only when asked.
    let again = try Binary.martlet(command, in: directory)
    #expect(again?.code == 2)
    #expect(again?.errors.hasPrefix("error: my.yaml: exists; name another file, or add") == true)
    #expect(try Binary.martlet(command + ["--force"], in: directory)?.code == 0)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
  }

  @Test func `calibrate refuses silly data and leaves no file`() throws {
    _ = try directory.write(
      "dtype,m,n,k,time_us\nbf16,8,4096,4096,9\nbf16,64,4096,4096,11\n", to: "few.csv")
    _ = try directory.write(
      "dtype,m,n,k,time_us\n"
        + [String](repeating: "bf16,8,4096,4096,9\n", count: 30).joined(), to: "same.csv")
    for (file, start) in [
      ("few.csv", "error: too few rows to fit (gemm_bf16: 2); a class needs 4 for each of its"),
      ("same.csv", "error: gemm_bf16: the rows leave gemm_bf16."),
    ] {
      guard
        let outcome = try Binary.martlet(
          ["calibrate", file, "--gpu", "h100_sxm", "--out", "no.yaml"], in: directory)
      else { return }
      #expect(outcome.code == 2 && outcome.output.isEmpty)
      #expect(outcome.errors.hasPrefix(start), "\(outcome.errors)")
      #expect(outcome.errors.filter { $0 == "\n" }.count == 1)
      #expect(try !directory.names.contains("no.yaml"))
    }
    // Mixed files: what can be fitted is, what cannot is named.
    let mixed = try Binary.martlet(
      ["calibrate", "few.csv", "copies.csv", "--gpu", "h100_sxm"], in: directory)
    #expect(mixed?.code == 0 && mixed?.output.contains("copy_memcpy.efficiency") == true)
    #expect(mixed?.errors.hasPrefix("warning: gemm_bf16: 2 rows are too few to fit;") == true)
  }
}
