/// Reads the numbers of one column of a CSV file with a header, plain or gzipped, for the
/// distribution `empirical`.
///
/// - Throws: `TraceError` at the first value that is not a finite number, or if there is none.
public func csvColumn(named column: String, inFile path: String) throws(TraceError) -> [Double] {
  var reader = try LineReader(path: path, chunk: 1 << 20)
  let first = try FirstLine(of: &reader, path: path)
  var columns = try csvColumns([column], in: first, path: path)
  try first.skip(in: &reader)
  var values: [Double] = []
  var number = first.number
  var isAtEnd = false
  while !isAtEnd {
    isAtEnd = try !reader.next { lines throws(TraceError) in
      var start = 0
      while start < lines.count {
        let end = lines.lineEnd(from: start)
        let line = lines.extracting(lines.trimmed(start..<end))
        number += 1
        start = end + 1
        if line.isEmpty { continue }
        do throws(RowFault) {
          values.append(try value(in: line, &columns))
        } catch {
          let what = error.description(fields: [column], value: line.excerpt(error.range))
          throw TraceError(path, line: number, what)
        }
      }
      return lines.count
    }
  }
  guard !values.isEmpty else { throw TraceError(path, "has no rows for column \(column)") }
  return values
}

private func value(in line: Span<UInt8>, _ columns: inout CSVColumns) throws(RowFault) -> Double {
  try columns.split(line)
  let range = columns.ranges[0]
  guard !range.isEmpty else { throw RowFault(.empty, field: 0) }
  guard let value = Double(line.text(range)), value.isFinite else {
    throw RowFault(.number, field: 0, at: range)
  }
  return value
}
