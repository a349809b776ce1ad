import Foundation

/// One Swift file as the rules see it.
struct SourceFile: Sendable {
  /// Relative to the top of the project, as `Sources/Bytes/CBOR.swift`.
  let path: String
  let lines: [String]
  /// The same lines without comments and the text of literals.
  let code: [String]

  init(path: String, text: String) {
    self.path = path
    self.lines = Self.lines(of: text)
    self.code = Self.lines(of: SwiftText.code(of: text))
  }

  private static func lines(of text: String) -> [String] {
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines.map { String(decoding: $0, as: UTF8.self) }
  }

  /// The directory below `Sources` or `Tests`: the target's name.
  var target: String {
    let parts = path.split(separator: "/")
    return parts.count > 2 ? String(parts[1]) : ""
  }

  var isTest: Bool { path.hasPrefix("Tests/") }
}

/// A target of `Package.swift` with what it may import.
struct TargetRow: Sendable, Equatable {
  let name: String
  let dependencies: [String]
}

/// The project's files and its table of targets.
struct Project: Sendable {
  let targets: [TargetRow]
  let files: [SourceFile]

  /// Read from the working copy that this test was compiled from.
  static let current: Project = {
    let top = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let manifest = read(top.appendingPathComponent("Package.swift"))
    let files = ["Sources", "Tests"].flatMap { directory -> [SourceFile] in
      let root = top.appendingPathComponent(directory)
      let names = FileManager.default.enumerator(atPath: root.path)?.allObjects as? [String] ?? []
      return names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
        SourceFile(path: "\(directory)/\(name)", text: read(root.appendingPathComponent(name)))
      }
    }
    return Project(targets: rows(ofManifest: manifest), files: files)
  }()

  private static func read(_ file: URL) -> String {
    guard let data = try? Data(contentsOf: file) else { return "" }
    return String(decoding: data, as: UTF8.self)
  }

  /// The targets of the product in their order; a target's dependencies are the names within its own parentheses.
  static func rows(ofManifest manifest: String) -> [TargetRow] {
    guard let start = manifest.range(of: "targets: [\n") else { return [] }
    var rows: [TargetRow] = []
    for line in manifest[start.upperBound...].split(separator: "\n") {
      let opensTarget = [".systemLibrary(", "module(", ".executableTarget(", "tests("].contains {
        line.trimmingCharacters(in: .whitespaces).hasPrefix($0)
      }
      var names = quotedNames(in: line)
      if opensTarget { rows.append(TargetRow(name: "", dependencies: [])) }
      guard let row = rows.popLast() else { continue }
      let name = row.name.isEmpty && !names.isEmpty ? names.removeFirst() : row.name
      rows.append(TargetRow(name: name, dependencies: row.dependencies + names))
    }
    return rows
  }

  private static func quotedNames(in line: Substring) -> [String] {
    line.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }
}
