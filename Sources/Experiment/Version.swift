internal import Files

/// Version of this program, as in `summary.json`.
public let martletVersion = "0.1.0"
