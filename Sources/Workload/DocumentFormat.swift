/// A format of JSON objects that may go over several lines and hold several requests each.
protocol DocumentFormat: TraceFormat {
  /// Reads one object, adding and dropping rows itself.
  ///
  /// - Throws: a fault if nothing of it can be used; it is then dropped as one row.
  mutating func parse(
    document: Span<UInt8>, into rows: inout TraceRows
  ) throws(DocumentFault)
}

/// Why a document is not read.
enum DocumentFault: Error {
  /// Nothing of it can be used.
  case row(RowFault)
  /// The file cannot be read with it in.
  case file(String)
}

extension DocumentFormat {
  /// No line is a row.
  public mutating func parse(_ line: Span<UInt8>, into row: inout TraceRow) throws(RowFault) {
    throw RowFault(.object)
  }

  /// Calls `parse` for each object.
  public mutating func read(
    _ text: Span<UInt8>, into rows: inout TraceRows
  ) throws(TraceError) -> Int {
    var i = 0
    if rows.line == 0 {
      rows.line = 1
      if text.count >= 3, text[0] == 0xEF, text[1] == 0xBB, text[2] == 0xBF { i = 3 }
    }
    while !rows.isFull {
      while i < text.count, isSeparator(text[i]) {
        if text[i] == .newline { rows.line += 1 }
        i += 1
      }
      guard i < text.count else { break }
      let start = i
      var scanner = ObjectScanner()
      _ = scanner.finishObject(text, &i)
      let document = text.extracting(start..<i)
      do throws(DocumentFault) {
        try parse(document: document, into: &rows)
      } catch {
        switch error {
        case .row(let fault): rows.drop(TraceRow(), for: fault, in: document)
        case .file(let message): throw TraceError(rows.path, line: rows.line, message)
        }
      }
      var line = document.lineEnd(from: 0)
      while line < document.count {
        rows.line += 1
        line = document.lineEnd(from: line + 1)
      }
    }
    return i
  }

  private func isSeparator(_ byte: UInt8) -> Bool {
    byte.isBlank || byte == .newline || byte == .comma || byte == UInt8(ascii: "[")
      || byte == UInt8(ascii: "]")
  }
}
