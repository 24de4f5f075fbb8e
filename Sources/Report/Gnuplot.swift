package import Files

/// The program that draws, in a process of its own.
package enum Gnuplot {
  /// The picture that `script` draws; gnuplot has `limit` seconds for it.
  ///
  /// - Throws: `ConfigError` when gnuplot is missing, lacks the format, refuses or hangs.
  package static func draw(
    _ script: GnuplotScript, limit: Double = 120
  ) throws(ConfigError) -> [UInt8] {
    do {
      let scratch = try ScratchDirectory()
      let (input, output, errors) = (
        "\(scratch.path)/figure.gp", "\(scratch.path)/figure", "\(scratch.path)/errors"
      )
      var file = try ByteFile(creating: input)
      file.write(script.text)
      try file.close()
      // -d: no settings of the user's.
      let code = try ChildProcess.run(
        ["gnuplot", "-d", input], output: output, errors: errors, in: scratch, limit: limit)
      let bytes = try Posix.readAll(output, limit: 1 << 28)
      guard code == 0, !bytes.isEmpty else {
        throw fault(code, said: try Posix.readAll(errors, limit: 1 << 20))
      }
      return bytes
    } catch let error as ConfigError {
      throw error
    } catch let failure as Posix.Failure {
      guard !failure.isLate else {
        throw ConfigError(
          nil,
          "gnuplot had not drawn a figure after \(NumberWords.short(limit)) s and was ended; try "
            + "gnuplot --version, and fewer points or --format svg")
      }
      guard failure.isMissing else {
        throw ConfigError(nil, "gnuplot cannot be started: \(failure.reason)")
      }
      throw ConfigError(
        nil,
        "gnuplot is missing, which draws the plots; install it with apt-get install gnuplot-nox "
          + "(Debian, Ubuntu) or brew install gnuplot (macOS)")
    } catch {
      throw ConfigError(nil, "\(error)")
    }
  }

  /// The picture of `figure` by itself, which `script` draws; SVG gets its title and description.
  package static func draw(
    _ script: GnuplotScript, _ format: GnuplotScript.Format, of figure: Figure
  ) throws(ConfigError) -> [UInt8] {
    let bytes = try draw(script)
    return format == .svg ? ThemedSVG.described(bytes, as: figure) : bytes
  }

  private static func fault(_ code: Int32, said bytes: [UInt8]) -> ConfigError {
    let lines = String(decoding: bytes, as: UTF8.self).split { $0.isNewline }
    let said = lines.map { $0.drop { $0 == " " } }.filter { !$0.isEmpty }.suffix(1).joined()
    return ConfigError(
      nil,
      "gnuplot ended with \(code)\(said.isEmpty ? "" : ": \(said)"); gnuplot 5.0 or later "
        + "with the format of the file is needed")
  }
}
