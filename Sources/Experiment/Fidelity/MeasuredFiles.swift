public import Calibration
public import Catalog
internal import Cost
public import Files

/// Files of measurements of one kind of GPU, read and sorted by class.
public struct MeasuredFiles: Sendable {
  /// One file.
  public struct File: Sendable {
    /// As the user named it.
    public let path: String
    /// Rows in it.
    public let rows: Int
    /// Hash of its bytes.
    public let contentHash: String
  }

  /// The kind of GPU that was measured.
  public let gpu: GPU
  /// The files, in the order of the command line.
  public let files: [File]
  /// The measurements of each class that the files hold, in the order of `measuredClasses`.
  public let classes: [(type: any MeasuredClass.Type, measurements: [Measurement])]
  /// What a reader should be warned of.
  public let warnings: [String]

  /// Reads `paths`; `tensorParallel` keeps only rows measured on that many GPUs, or shards.
  ///
  /// - Throws: `ConfigError` for an unknown GPU, a file that cannot be read, a header of no known
  ///   class, a value that makes no sense, and when no row is left.
  public init(
    _ paths: [String], gpu name: String, tensorParallel: Int? = nil
  ) throws(ConfigError) {
    guard !paths.isEmpty else {
      throw ConfigError(nil, "no file; name at least one CSV file of measurements")
    }
    if let count = tensorParallel, count < 1 {
      throw ConfigError(
        .flag("--tensor-parallel"), "\(count) is no number of GPUs; write 1 or more")
    }
    let gpu = try Self.gpu(name)
    var files: [File] = []
    var found = measuredClasses.map { _ in [Measurement]() }
    var warnings: [String] = []
    var omitted = ""
    for path in paths {
      do {
        let table = try MeasuredTable(try ExperimentConfig.bytes(of: path), name: path)
        let type = try measuredClass(of: table)
        let rows = try table.kept(tensorParallel)
        guard let place = measuredClasses.firstIndex(where: { $0 == type }) else { continue }
        let list = try type.measurements(in: rows, on: gpu)
        found[place] += list
        let unknown = Self.formats(notModelledIn: rows, type)
        if list.count < rows.rows.count {
          warnings.append(
            "\(path): \(rows.rows.count - list.count) of \(rows.rows.count) rows are of formats or "
              + "models that are not modelled and are left out" + unknown)
        }
        omitted += unknown
        files.append(
          File(path: path, rows: table.rows.count, contentHash: table.contentHash))
        if let other = table.otherGPU(than: gpu.name) {
          warnings.append("\(path) was measured on \(other), not on \(gpu.name)")
        }
      } catch let error as CalibrationError {
        throw ConfigError(nil, "\(error)")
      } catch let error as ConfigError {
        throw error
      } catch {
        throw ConfigError(.file(path), "\(error)")
      }
    }
    self.gpu = gpu
    self.files = files
    self.warnings = warnings
    classes = zip(measuredClasses, found).filter { !$0.1.isEmpty }.map { ($0, $1) }
    guard !classes.isEmpty else {
      throw ConfigError(
        nil,
        "no row is left"
          + (tensorParallel.map { " with --tensor-parallel \($0)" } ?? "")
          + "; formats that are not modelled are left out" + omitted)
    }
  }

  /// The formats of numbers in `table` that are not modelled, with what they may be slips of;
  /// empty when there is none.
  private static func formats(
    notModelledIn table: MeasuredTable, _ type: any MeasuredClass.Type
  ) -> String {
    guard let column = type.format else { return "" }
    let known = Precision.measuredNames
    var names: [String] = []
    for row in table.rows {
      let name = row.text(column)
      if Precision(measured: name) == nil, !names.contains(name) { names.append(name) }
    }
    guard !names.isEmpty else { return "" }
    let list = names.map { name in
      "\"\(name)\"" + (nearest(name, in: known).map { " (did you mean \"\($0)\"?)" } ?? "")
    }
    return "; \(column): \(list.joined(separator: ", ")); known: \(known.joined(separator: ", "))"
  }

  /// The GPU that files of measurements or the catalogue call `name`.
  static func gpu(_ name: String) throws(ConfigError) -> GPU {
    guard let gpu = GPU.measured(name) else {
      throw .unknown("GPU", name, known: GPU.all.map(\.name), at: .flag("--gpu"))
    }
    return gpu
  }
}

extension MeasuredTable {
  /// The rows measured on `gpus` GPUs, all when nil.
  ///
  /// - Throws: `CalibrationError` when several are asked for and no column tells; rows without one
  ///   are of a single GPU.
  fileprivate func kept(_ gpus: Int?) throws(CalibrationError) -> MeasuredTable {
    let columns = ["n_gpus", "moe_tp_size", "tp"]
    guard let gpus else { return self }
    guard let column = columns.first(where: header.contains) else {
      if gpus == 1 { return self }
      throw CalibrationError(
        name,
        "has none of the columns \(columns.joined(separator: ", ")), so that --tensor-parallel "
          + "\(gpus) keeps no row of it; leave it out")
    }
    var rows: [MeasuredTable.Row] = []
    for row in self.rows where try row.whole(column) == gpus { rows.append(row) }
    return with(rows)
  }

  /// The first GPU that the column `gpu` names beside `name`, if any.
  fileprivate func otherGPU(than name: String) -> String? {
    guard header.contains("gpu") else { return nil }
    return rows.lazy.map { $0.text("gpu") }.first { GPU.measuredName($0) != name }
  }
}
