internal import Catalog
internal import Files
internal import Metrics
internal import Units

extension BreakEven.Verdict {
  /// `load up to 96 tokens, recompute from there`.
  func words(_ searched: Int) -> String {
    func verb(_ loads: Bool) -> String { loads ? "load" : "recompute" }
    guard !flips.isEmpty else {
      return loadsFirst ? "always load" : "never load, up to \(NumberText.grouped(searched)) tokens"
    }
    var (loads, text) = (loadsFirst, verb(loadsFirst))
    for tokens in flips {
      loads.toggle()
      text += ", from \(NumberText.grouped(tokens)) tokens \(verb(loads))"
    }
    return text
  }
}

extension BreakEven {
  private var copied: String {
    switch copies.granularity {
    case .block: "one copy for each block of a layer's keys or values"
    case .layer: "one copy for each layer's keys or values"
    case .sequence: "one copy in all"
    }
  }

  /// Tables and verdicts for a person at a terminal.
  var lines: [String] {
    let perToken = NumberText.grouped(Int(bytes(of: 1).value))
    var lines = ["load KV (\(perToken) B per token, \(copied)) or compute it again"]
    var table = TextTable(
      [.number("tokens"), .number("KV"), .number("recompute"), .number("even at")]
        + sources.map { .number($0.name) })
    for tokens in contexts {
      let even = bandwidth(tokens).value / 1e9
      table.add(
        [
          NumberText.grouped(tokens), NumberText.bytes(bytes(of: tokens)),
          NumberText.time(recompute(tokens)), even.isFinite ? "\(even.fixed(2)) GB/s" : "-",
        ] + sources.map { NumberText.time(transfer(tokens, $0)) })
    }
    lines += table.lines.map { "  " + $0 }
    let width = (sources.map(\.name.count).max() ?? 0) + 2
    for source in sources {
      let blanks = String(repeating: " ", count: width - source.name.count)
      lines.append("  \(source.name)\(blanks)\(verdict(source).words(searched))")
    }
    return lines + swapLines
  }

  private var swapLines: [String] {
    guard let tier = swapTier else { return [] }
    var table = TextTable([
      .number("tokens"), .number("out"), .number("in"), .number("swap"), .number("recompute"),
      .text("faster"),
    ])
    for tokens in contexts {
      let (out, back) = (transfer(tokens, tier, isOut: true), transfer(tokens, tier))
      let again = recompute(tokens)
      table.add([
        NumberText.grouped(tokens), NumberText.time(out), NumberText.time(back),
        NumberText.time(out + back), NumberText.time(again),
        out + back < again ? "swap" : "recompute",
      ])
    }
    return ["", "swap to \(tier.name) and back, or compute again"] + table.lines.map { "  " + $0 }
  }

  /// The tier that KV is swapped to.
  private var swapTier: Source? { sources.first { $0.name == TierLevel.dram.rawValue } }

  /// The same in base units.
  var json: JSON {
    func whole(_ value: Int) -> JSON { .integer(Int64(value)) }
    let rows = contexts.map { tokens in
      JSON.object([
        ("tokens", whole(tokens)), ("kv_bytes", .quantity(bytes(of: tokens).value)),
        ("recompute_s", .seconds(recompute(tokens))),
        ("even_bytes_per_s", .number(bandwidth(tokens).value)),
        ("load_s", .object(sources.map { ($0.name, .seconds(transfer(tokens, $0))) })),
      ])
    }
    let verdicts = sources.map { source in
      let verdict = verdict(source)
      return JSON.object([
        ("name", .string(source.name)), ("tier", .bool(source.isTier)),
        ("shortest", .string(verdict.loadsFirst ? "load" : "recompute")),
        ("flips_tokens", .array(verdict.flips.map(whole))),
      ])
    }
    let swaps = swapTier.map { tier in
      JSON.array(
        contexts.map { tokens in
          .object([
            ("tokens", whole(tokens)), ("out_s", .seconds(transfer(tokens, tier, isOut: true))),
            ("in_s", .seconds(transfer(tokens, tier))),
            ("recompute_s", .seconds(recompute(tokens))),
          ])
        })
    }
    return .object([
      ("granularity", .string(copies.granularity.rawValue)), ("contexts", .array(rows)),
      ("searched_tokens", whole(searched)), ("sources", .array(verdicts)),
      ("swap", swaps ?? .null),
    ])
  }
}
