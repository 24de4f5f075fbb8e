import FoundationEssentials
import TestSupport

/// Tables of the shared material, absent in a checkout of its own.
enum Shared {
  /// The rows of `name` as column → cell, nil (and one printed line) when the table is absent.
  static func rows(_ name: String, file: String = #filePath) -> [[String: String]]? {
    let root = file.split(separator: "/").dropLast(4).joined(separator: "/")
    guard let data = FileManager.default.contents(atPath: "/\(root)/shared/\(name)") else {
      print("skipped: ../shared/\(name) is absent")
      return nil
    }
    return table(String(decoding: data, as: UTF8.self))
  }

  /// The number at the head of a cell such as `~35 (unverified)`; 0 when there is none.
  static func number(_ cell: String?) -> Double {
    let digits = (cell ?? "").drop { $0 == "~" }.prefix { "0123456789.".contains($0) }
    return Double(digits) ?? 0
  }
}
