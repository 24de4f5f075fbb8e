import Foundation
import TestSupport
import Testing

/// Reading traces that are larger than the memory there is.
@Suite struct StreamingTests {
  private struct Answer: Decodable {
    let rowsRead: Int
    let requests: Int
  }

  /// 360 MB through a pipe with 300 MB of address space, the executable's own included.
  @Test(.enabled(if: !isDebug, "skipped: 60 million rows, release only"))
  func `rows that are not kept take no memory`() throws {
    let directory = try TestDirectory()
    let script = """
      ulimit -v 300000
      { printf 'arrived_at,num_prefill_tokens,num_decode_tokens\\n0,1,1\\n'
        yes x,1,1 | head -n 60000000; } | "$0" trace info /dev/stdin --json
      """
    guard let outcome = try Binary.shell(script, in: directory) else { return }
    #expect(outcome.code == 0, "\(outcome.errors)")
    let answer = try decoded(Answer.self, from: outcome.output)
    #expect(answer.rowsRead == 60_000_001 && answer.requests == 1)
  }

  @Test func `with a limit the rest of a pipe is left alone`() throws {
    let directory = try TestDirectory()
    let script = """
      { printf 'arrived_at,num_prefill_tokens,num_decode_tokens\\n'; yes 0,1,1; } \
      | "$0" trace info /dev/stdin --limit 1000 --json
      """
    guard let outcome = try Binary.shell(script, in: directory) else { return }
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(try decoded(Answer.self, from: outcome.output).requests == 1000)
  }
}
