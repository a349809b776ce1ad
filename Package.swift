// swift-tools-version: 6.2
import PackageDescription

// Each target depends only on rows above it; see Docs/Architecture.md.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("MemberImportVisibility"),
]

func module(_ name: String, _ dependencies: [String] = []) -> Target {
  .target(
    name: name, dependencies: dependencies.map { .byName(name: $0) }, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [String]) -> Target {
  .testTarget(
    name: name, dependencies: dependencies.map { .byName(name: $0) }, swiftSettings: strict)
}

let package = Package(
  name: "sitegroup",
  products: [
    .executable(name: "sitegroup", targets: ["sitegroup"]),
    .executable(name: "sitegroup-https", targets: ["sitegroup-https"]),
    .executable(name: "sitegroup-simulate", targets: ["sitegroup-simulate"]),
  ],
  targets: [
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CLinux"),
    module("Bytes", ["CZlib", "CLinux"]),
    module("Replication", ["Bytes"]),
    module("HTTPCore", ["Bytes"]),
    module("SiteGroup", ["Bytes", "Replication"]),
    module("SyncProtocol", ["Bytes", "Replication"]),
    module("SQLite", ["CSQLite"]),
    module("Storage", ["Bytes", "Replication", "SQLite"]),
    module("Library", ["Bytes", "Replication", "SiteGroup", "SQLite", "Storage"]),
    module(
      "NodeCore",
      [
        "Bytes", "Replication", "HTTPCore", "SiteGroup", "SyncProtocol", "SQLite", "Storage",
        "Library",
      ]),
    module(
      "Console",
      ["Bytes", "Replication", "HTTPCore", "SiteGroup", "Storage", "Library", "NodeCore"]),
    module("Networking", ["Bytes", "CLinux", "HTTPCore"]),
    module(
      "Simulation",
      [
        "Bytes", "Replication", "HTTPCore", "SiteGroup", "SyncProtocol", "SQLite", "Storage",
        "Library", "NodeCore",
      ]),
    module(
      "Commands",
      [
        "Bytes", "Replication", "HTTPCore", "SiteGroup", "SyncProtocol", "Storage", "Library",
        "NodeCore", "Console", "Networking",
      ]),
    // One file without the language's own libraries beside it: every command starts a third faster.
    .executableTarget(
      name: "sitegroup", dependencies: ["Commands"], swiftSettings: strict,
      linkerSettings: [
        .unsafeFlags(
          [
            "-static-stdlib", "-l_FoundationCShims", "-l_FoundationCollections", "-l_FoundationICU",
            "-lswiftSynchronization",
          ], .when(platforms: [.linux], configuration: .release))
      ]),
    // Its own curl_easy_setopt stands before libcurl's: see CertificatesFile.
    .executableTarget(
      name: "sitegroup-https", dependencies: ["HTTPCore", "Networking"], swiftSettings: strict,
      linkerSettings: [
        .unsafeFlags(["-Xlinker", "--export-dynamic-symbol=curl_easy_setopt"])
      ]),
    .executableTarget(
      name: "sitegroup-simulate", dependencies: ["Simulation"], swiftSettings: strict),
    .executableTarget(
      name: "Torture",
      dependencies: [
        "Bytes", "CLinux", "CSQLite", "HTTPCore", "Networking", "Replication", "SiteGroup",
        "Simulation", "Storage",
      ], path: "Tests/Torture", swiftSettings: strict),
    tests("BytesTests", ["Bytes"]),
    tests("ReplicationTests", ["Bytes", "Replication"]),
    tests("HTTPCoreTests", ["Bytes", "HTTPCore"]),
    tests("SiteGroupTests", ["Bytes", "Replication", "SiteGroup"]),
    tests("SyncProtocolTests", ["Bytes", "Replication", "SyncProtocol"]),
    tests("NetworkingTests", ["Bytes", "HTTPCore", "Networking"]),
    tests("StorageTests", ["Bytes", "Replication", "SQLite", "Storage"]),
    tests(
      "NodeCoreTests",
      [
        "Bytes", "Replication", "HTTPCore", "SiteGroup", "SyncProtocol", "SQLite", "Storage",
        "Library", "NodeCore",
      ]),
    tests("ConsoleTests", ["Bytes", "Console"]),
    tests("SimulationTests", ["Simulation"]),
    tests(
      "CommandsTests",
      [
        "Bytes", "Commands", "HTTPCore", "Networking", "NodeCore", "Replication", "SiteGroup",
        "SQLite", "Storage", "SyncProtocol",
      ]),
    tests("HouseRulesTests", []),
  ]
)

// The fuzz targets link against libFuzzer, so an ordinary build must not see them: Scripts/fuzz.
if Context.environment["SITEGROUP_FUZZ"] != nil {
  package.targets += [
    .executableTarget(
      name: "Fuzz",
      dependencies: [
        "Bytes", "Replication", "HTTPCore", "SiteGroup", "SyncProtocol", "Storage", "NodeCore",
        "Console", "Commands",
      ],
      path: "Tests/Fuzz", swiftSettings: strict)
  ]
}
