import Foundation
import TestSupport
import Testing

/// The completion scripts, as shells run them.
@Suite struct CompletionsTests {
  /// What bash offers after `line`, whose last word is being typed.
  private func offers(_ line: String, in directory: TestDirectory) throws -> [Substring] {
    // As bash calls it: name, word, word before; the words as it has split the line.
    let script = """
      source <("$0" completions bash)
      martlet() { "$0" "$@"; }
      COMP_LINE='\(line)'
      COMP_POINT=${#COMP_LINE}
      read -ra COMP_WORDS <<<"$COMP_LINE"
      [ "${COMP_LINE%% }" = "$COMP_LINE" ] || COMP_WORDS+=('')
      COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
      COMP_WORDS[0]=$0
      _martlet martlet "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let outcome = try #require(try Binary.shell(script, in: directory))
    #expect(outcome.errors == "")
    return outcome.output.split(separator: "\n").map { $0.drop { $0 == " " } }
  }

  @Test func `bash completes verbs, kinds, files and the names of the catalogue`() throws {
    let directory = try TestDirectory()
    _ = try directory.write("", to: "mine.yaml")
    _ = try directory.write("", to: "mine.txt")
    #expect(try offers("martlet sw", in: directory) == ["sweep"])
    #expect(try offers("martlet trace ge", in: directory) == ["generate"])
    #expect(try offers("martlet trace co", in: directory) == ["convert"])
    #expect(try offers("martlet trace convert --to j", in: directory) == ["jsonl"])
    #expect(try offers("martlet list sched", in: directory) == ["schedulers"])
    #expect(try offers("martlet sweep --emit k", in: directory) == ["k8s"])
    #expect(try offers("martlet cache --policies s", in: directory) == ["sieve", "s3-fifo"])
    #expect(try offers("martlet completions z", in: directory) == ["zsh"])
    #expect(try offers("martlet run m", in: directory) == ["mine.yaml"])
    #expect(try offers("martlet explain --gpu h200", in: directory) == ["h200-sxm"])
    #expect(try offers("martlet explain --model llama-3-7", in: directory) == ["llama-3-70b"])
    #expect(try offers("martlet run --exact", in: directory) == ["--exact-steps"])
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `the script is one that its shell can read`(shell: String) throws {
    let directory = try TestDirectory()
    let script = """
      set -o pipefail
      command -v \(shell) >/dev/null || exit 99
      "$0" completions \(shell) | \(shell) -n
      """
    let outcome = try #require(try Binary.shell(script, in: directory))
    let text = try Binary.martlet(["completions", shell], in: directory)?.output ?? ""
    #expect(text.contains("sweep") && text.contains("validate-cost"))
    guard outcome.code != 99 else { return print("skipped: there is no \(shell)") }
    #expect(outcome.code == 0 && outcome.errors == "", "\(outcome.errors)")
  }

  @Test func `another shell is refused by name`() throws {
    let directory = try TestDirectory()
    let outcome = try Binary.martlet(["completions", "fisch"], in: directory)
    #expect(outcome?.code == 2 && outcome?.output == "")
    #expect(outcome?.errors.contains("unknown shell \"fisch\" (did you mean \"fish\"?)") == true)
  }
}
