internal import Glibc
internal import Kernel
internal import Workload

/// Trace files that are made for the benchmark of the readers.
enum Traces {
  /// About 32 MB in the form of the Azure trace of 2023.
  static func azure() -> String {
    var stream = RandomStream(seed: 1, name: "trace")
    var text = "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
    var ticks = 0
    for _ in 0..<700_000 {
      ticks += stream.below(2_000_000)
      let second = ticks / 10_000_000
      text += "2023-11-\(two(16 + second / 86_400)) \(two(second / 3600 % 24))"
      text += ":\(two(second / 60 % 60)):\(two(second % 60)).\(seven(ticks % 10_000_000))"
      text += ",\(1 + stream.below(8000)),\(1 + stream.below(900))\r\n"
    }
    return text
  }

  /// About 32 MB in the form of the Mooncake traces.
  static func mooncake() -> String {
    var stream = RandomStream(seed: 2, name: "trace")
    var text = ""
    var id = 0
    for row in 0..<120_000 {
      let tokens = 1 + stream.below(20_000)
      let ids = (0..<(tokens + 511) / 512).map { "\(id + $0)" }
      id += ids.count
      text += "{\"timestamp\": \(row * 7), \"input_length\": \(tokens), "
      text += "\"output_length\": \(1 + stream.below(900)), "
      text += "\"hash_ids\": [\(ids.joined(separator: ", "))]}\n"
    }
    return text
  }

  private static func two(_ x: Int) -> String { x < 10 ? "0\(x)" : "\(x)" }
  private static func seven(_ x: Int) -> String {
    let digits = "\(x)"
    return String(repeating: "0", count: 7 - digits.count) + digits
  }
}

/// Reads a trace made by `text` five times and returns the megabytes read; the file is made once.
func megabytes(of text: () -> String, name: String) -> Double {
  let path = "\(Process.scratch)/\(name)"
  if access(path, R_OK) != 0 {
    guard let file = fopen(path, "w") else { preconditionFailure("cannot write \(path)") }
    fputs(text(), file)
    fclose(file)
    return megabytes(of: text, name: name)
  }
  var bytes = 0.0
  for _ in 0..<5 {
    do {
      _ = try readTrace(at: path, options: TraceOptions())
    } catch {
      preconditionFailure("\(error)")
    }
    var status = stat()
    stat(path, &status)
    bytes += Double(status.st_size)
  }
  return bytes / 1e6
}
