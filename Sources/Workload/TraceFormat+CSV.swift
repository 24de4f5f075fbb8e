/// What formats with a header share.
extension TraceFormat {
  /// Whether a header has all columns that the format needs.
  static func hasFields(in firstLine: String) -> Bool {
    let names = CSVColumns.names(in: firstLine).map { $0.lowercased() }
    return fields.allSatisfy { names.contains($0.lowercased()) }
  }

  /// The places of the columns that the format needs.
  ///
  static func columns(
    in first: FirstLine, path: String
  ) throws(TraceError) -> CSVColumns {
    if isJSON(first.text) {
      throw TraceError(
        path, line: first.number,
        "is JSON, not CSV with the columns \(fields.joined(separator: ", ")) of format \(name);"
          + " use format auto or mooncake")
    }
    return try csvColumns(fields, optional: optionalFields, in: first, path: path, format: name)
  }

  /// Warns of columns that the format has no use for.
  func warnOfUnused(_ columns: CSVColumns, _ report: inout TraceReport) {
    let unused = columns.unused
    if unused.isEmpty { return }
    report.warnings.append("columns not used: \(unused.joined(separator: ", "))")
  }
}

/// The places of the columns called `names`, and of those of `optional` that are there, in a file
/// with the header `first`.
func csvColumns(
  _ names: [String], optional: [String] = [], in first: FirstLine, path: String,
  format: String? = nil
) throws(TraceError) -> CSVColumns {
  do throws(CSVColumns.HeaderFault) {
    return try CSVColumns(header: first.text, names: names, optional: optional)
  } catch {
    let message =
      switch error {
      case .twice(let column): "the header has column \(column) twice"
      case .missing(let columns): missing(columns, in: first.text, format: format)
      }
    throw TraceError(path, line: first.number, message)
  }
}

private func missing(_ columns: [String], in header: String, format: String?) -> String {
  let what = columns.count == 1 ? "column" : "columns"
  let owner = format.map { " of format \($0)" } ?? ""
  let right = traceFormats.first { $0.hasHeader && $0.recognizes(header) }
  let hint = right.map { "; this is the format \($0.name)" } ?? ""
  return "no \(what) \(columns.joined(separator: ", "))\(owner) in the header"
    + " \(shortened(header))\(hint)"
}
