// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  // Rooms stay separate modules at full speed: `public` methods inline across them.
  .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

/// One room of the house; its arrows point at the rooms below it.
func room(_ name: String, _ below: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: below, exclude: ["README.md"], swiftSettings: strict)
}

/// The tests of one room, or of several together; those that compute little themselves are compiled
/// without the optimiser, which takes about two thirds of the time.
func tests(
  _ name: String, _ rooms: [Target.Dependency], computesItself: Bool = false
) -> Target {
  let plain: SwiftSetting = .unsafeFlags(["-Onone"], .when(configuration: .release))
  return .testTarget(
    name: name, dependencies: rooms + ["TestSupport"],
    swiftSettings: strict + (computesItself ? [] : [plain]))
}

/// What tests of several rooms share.
let support = Target.target(
  name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict)

let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "martlet",
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "CGSL", pkgConfig: "gsl", providers: [.apt(["libgsl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    room("Units"),
    room("Kernel", ["CGSL", "Units"]),
    room("Metrics", ["CGSL", "Kernel", "Units"]),
    room("Workload", ["CGSL", "CZlib", "Kernel", "Metrics", "Units"]),
    room("Catalog", ["Units"]),
    room("Cost", ["Catalog", "Kernel", "Units"]),
    room("Calibration", ["CGSL", "Catalog", "Cost", "Kernel", "Units"]),
    room("Memory", ["Kernel", "Units"]),
    room("Serving", ["Cost", "Kernel", "Memory", "Metrics", "Units", deque]),
    room("Schedulers", ["Kernel", "Serving", "Units"]),
    room("Cluster", ["Kernel", "Memory", "Metrics", "Serving", "Units"]),
    room("Files", ["Metrics", "Units", "Yams"]),
    room(
      "Experiment",
      [
        "Calibration", "Catalog", "Cluster", "Cost", "Files", "Kernel", "Memory", "Metrics",
        "Schedulers", "Serving", "Units", "Workload",
      ]),
    room(
      "Studies",
      [
        "CGSL", "Cost", "Experiment", "Files", "Kernel", "Memory", "Metrics", "Units", "Workload",
      ]),
    room("Report", ["CGSL", "Catalog", "Cost", "Experiment", "Files", "Metrics", "Units"]),
    .executableTarget(
      name: "martlet",
      dependencies: [
        "Calibration", "Catalog", "Experiment", "Files", "Metrics", "Report", "Studies",
        "Units", "Workload", argumentParser,
      ],
      exclude: ["README.md"], swiftSettings: strict),
    .executableTarget(
      name: "Bench",
      dependencies: [
        "Cluster", "Cost", "Kernel", "Memory", "Metrics", "Schedulers", "Serving", "Units",
        "Workload",
      ], exclude: ["README.md"], swiftSettings: strict),
    tests("UnitsTests", ["Units"]),
    tests("KernelTests", ["CGSL", "Kernel", "Units"]),
    tests("MetricsTests", ["Metrics", "Units"]),
    tests("WorkloadTests", ["CGSL", "Kernel", "Metrics", "Units", "Workload"]),
    tests("CatalogTests", ["Catalog", "Units"]),
    tests("CostTests", ["Catalog", "Cost", "Kernel", "Units"]),
    tests("CalibrationTests", ["CGSL", "Calibration", "Catalog", "Cost", "Kernel", "Units"]),
    tests(
      "MemoryTests", ["Catalog", "Kernel", "Memory", "Metrics", "Units", "Workload"],
      computesItself: true),
    tests(
      "EngineTests",
      ["CGSL", "Cluster", "Cost", "Kernel", "Memory", "Metrics", "Schedulers", "Serving", "Units"],
      computesItself: true),
    support,
    tests("FilesTests", ["Files", "Metrics", "Units"]),
    tests(
      "ExperimentTests",
      [
        "Calibration", "Catalog", "Cluster", "Cost", "Experiment", "Files", "Kernel", "Memory",
        "Metrics", "Units", "Workload",
      ]),
    tests(
      "StudiesTests",
      ["Experiment", "Files", "Kernel", "Metrics", "Studies", "Units", "Workload"]),
    tests(
      "ReportTests",
      ["Catalog", "Cost", "Experiment", "Files", "Metrics", "Report", "Units"]),
    tests("TidyTests", []),
  ],
  swiftLanguageModes: [.v6]
)
