/// Why a catalogue entry, a description of hardware or model, or a layout cannot be used.
public struct CatalogError: Error, CustomStringConvertible, Equatable {
  /// One sentence: what was found, where, and what would be right.
  public let description: String

  /// An error that says `description`.
  public init(_ description: String) { self.description = description }
}
