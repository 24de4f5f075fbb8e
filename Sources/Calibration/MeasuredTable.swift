internal import Kernel

/// A fault of measured data, in one line: where, what, and what would be right.
public struct CalibrationError: Error, Equatable, CustomStringConvertible {
  /// File, with `:line` where one line is to blame; empty when no file is.
  public let place: String
  /// What is wrong and what would be right.
  public let message: String

  /// The error that `place` has the fault `message`.
  public init(_ place: String, _ message: String) {
    self.place = place
    self.message = message
  }

  /// `gemm.csv:7: time_us is "fast"; write a number above 0`.
  public var description: String { place.isEmpty ? message : "\(place): \(message)" }
}

/// A CSV file of measurements: a header of names and a row a line.
///
/// RFC 4180 with one row a line; values may be quoted.
public struct MeasuredTable: Sendable {
  /// One row of a table.
  public struct Row: Sendable {
    fileprivate let table: String
    fileprivate let header: [String]
    /// Line in the file, from 1.
    public let line: Int
    fileprivate let cells: [String]
  }

  /// What the user calls the file.
  public let name: String
  /// Names of the columns.
  public let header: [String]
  /// Rows, in the order of the file.
  public private(set) var rows: [Row]
  /// Hash of the file's bytes.
  public let contentHash: String

  /// Reads the text of the file called `name`.
  ///
  /// - Throws: `CalibrationError` with the line for a row of another width, an open quote, or a
  ///   file without rows or with a column twice.
  public init(_ bytes: [UInt8], name: String) throws(CalibrationError) {
    var hash = ContentHash()
    bytes.withUnsafeBytes { hash.add($0) }
    contentHash = hash.hex
    self.name = name
    var rows: [Row] = []
    var header: [String]?
    var number = 0
    for line in String(decoding: bytes, as: UTF8.self).split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    {
      number += 1
      if line.allSatisfy(\.isWhitespace) { continue }
      guard let cells = Self.cells(of: line) else {
        throw CalibrationError("\(name):\(number)", "a quote is open at the end of the line")
      }
      guard let names = header else {
        header = cells.map { $0.trimmingPrefix("\u{FEFF}").lowercased() }
        continue
      }
      guard cells.count == names.count else {
        throw CalibrationError(
          "\(name):\(number)", "\(cells.count) fields where the header has \(names.count)")
      }
      rows.append(Row(table: name, header: names, line: number, cells: cells))
    }
    guard let header, !rows.isEmpty else {
      throw CalibrationError(name, "has no rows; expected a CSV file with a header")
    }
    for (i, column) in header.enumerated() where header[..<i].contains(column) {
      throw CalibrationError(name, "has the column \(column) twice")
    }
    self.header = header
    self.rows = rows
  }

  /// The fields of a line; nil when a quote stays open.
  private static func cells(of line: Substring) -> [String]? {
    var cells: [String] = []
    var cell = ""
    var (isQuoted, wasQuote) = (false, false)
    for character in line {
      if isQuoted {
        if character == "\"" {
          (isQuoted, wasQuote) = (false, true)
        } else {
          cell.append(character)
        }
        continue
      }
      switch character {
      case "\"":
        // A doubled quote inside a quoted field is one quote.
        if wasQuote { cell.append("\"") }
        isQuoted = true
      case ",":
        cells.append(trimmed(cell))
        cell = ""
      default: cell.append(character)
      }
      wasQuote = false
    }
    cells.append(trimmed(cell))
    return isQuoted ? nil : cells
  }

  private static func trimmed(_ text: String) -> String {
    String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }

  /// The same table with other rows.
  public func with(_ rows: [Row]) -> MeasuredTable {
    var table = self
    table.rows = rows
    return table
  }

  /// Whether the table has all of these columns.
  public func has(_ columns: [String]) -> Bool { columns.allSatisfy(header.contains) }
}

extension MeasuredTable.Row {
  /// `file:line`.
  public var place: String { "\(table):\(line)" }

  /// The text in `column`; empty when the table has no such column.
  public func text(_ column: String) -> String {
    header.firstIndex(of: column).map { cells[$0] } ?? ""
  }

  /// The number in `column`.
  ///
  /// - Throws: `CalibrationError` when it is not finite.
  public func number(_ column: String) throws(CalibrationError) -> Double {
    guard let value = Double(text(column)), value.isFinite else {
      throw CalibrationError(place, "\(column) is \"\(text(column))\"; write a number")
    }
    return value
  }

  /// The number in `column`, above 0.
  ///
  /// - Throws: `CalibrationError` when it is not.
  public func positive(_ column: String) throws(CalibrationError) -> Double {
    let value = try number(column)
    guard value > 0 else {
      throw CalibrationError(place, "\(column) is \(text(column)); write a number above 0")
    }
    return value
  }

  /// The whole number in `column`, at least `least`; `8.0` is one.
  ///
  /// - Throws: `CalibrationError` when it is not.
  public func whole(_ column: String, from least: Int = 1) throws(CalibrationError) -> Int {
    let value = try number(column)
    guard value == value.rounded(), value >= Double(least), value < 1e12 else {
      throw CalibrationError(
        place, "\(column) is \(text(column)); write a whole number of at least \(least)")
    }
    return Int(value)
  }
}
