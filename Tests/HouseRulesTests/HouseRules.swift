import Testing

/// A mechanical rule of the project's style, with a sample that breaks it and one that keeps it.
struct HouseRule: Sendable, CustomTestStringConvertible {
  let name: String
  /// A path decides which rules a file falls under, so a sample has one too.
  let samplePath: String
  let breaking: String
  let keeping: String
  /// The numbers of the lines that break the rule, counted from 1.
  let violations: @Sendable (SourceFile, Project) -> [Int]

  var testDescription: String { name }
}

extension HouseRule {
  static let fileLinesMax = 400
  static let columnsMax = 100

  /// Targets that take time, randomness and concurrency from outside, so that a seed replays them.
  static let deterministicTargets = [
    "Bytes", "Replication", "HTTPCore", "SiteGroup", "SyncProtocol", "Storage", "Library",
    "NodeCore", "Console", "Simulation",
  ]
  static let nondeterministicWords = [
    "Date(", "Task", "Thread", "DispatchQueue", "ProcessInfo", "URLSession",
    ".random(in", ".randomElement()", ".shuffled()", "SystemRandomNumberGenerator",
  ]
  /// Files that are one literal of data, whose lines have the data's own width.
  static let wideFiles = [
    "Sources/Storage/PresetDictionary.swift", "Sources/Storage/PresetWords.swift",
  ]

  static let all: [HouseRule] = [
    HouseRule(
      name: "a file imports only the targets that Package.swift gives it",
      samplePath: "Sources/Bytes/Sample.swift",
      breaking: "import Foundation\nimport NodeCore\n",
      keeping: "import CZlib\nimport Foundation\n",
      violations: { file, project in
        let targets = project.targets.map(\.name)
        let own = project.targets.first { $0.name == file.target }?.dependencies ?? []
        return lines(of: file) { code in
          guard let module = importedModule(code) else { return false }
          return targets.contains(module) && !own.contains(module)
        }
      }),
    HouseRule(
      name: "deterministic targets take time and randomness from outside",
      samplePath: "Sources/Storage/Sample.swift",
      breaking: "let now = Date()\nlet one = Int.random(in: 0..<2)\nTask { await work() }\n",
      keeping: "/// Not Date().\nlet day = writtenDate(ports.random(8))\nlet word = \"Task\"\n",
      violations: { file, _ in
        guard !file.isTest, deterministicTargets.contains(file.target) else { return [] }
        return lines(of: file) { code in
          nondeterministicWords.contains { containsWord($0, in: code) }
        }
      }),
    HouseRule(
      name: "a file has at most \(fileLinesMax) lines",
      samplePath: "Tests/BytesTests/Sample.swift",
      breaking: String(repeating: "let a = 0\n", count: fileLinesMax + 1),
      keeping: String(repeating: "let a = 0\n", count: fileLinesMax),
      violations: { file, _ in file.lines.count > fileLinesMax ? [file.lines.count] : [] }),
    HouseRule(
      name: "a line has at most \(columnsMax) columns",
      samplePath: "Sources/Bytes/Sample.swift",
      breaking: "// " + String(repeating: "-", count: columnsMax - 2) + "\n",
      keeping: "// " + String(repeating: "-", count: columnsMax - 3) + "\n",
      violations: { file, _ in
        guard !file.isTest, !wideFiles.contains(file.path) else { return [] }
        return file.lines.indices.filter { file.lines[$0].unicodeScalars.count > columnsMax }
          .map { $0 + 1 }
      }),
    HouseRule(
      name: "nothing is left to do",
      samplePath: "Sources/Bytes/Sample.swift",
      breaking: "// TO" + "DO: later\n/// FIX" + "ME\n",
      keeping: "// Every mandate TODOs nothing.\n",
      violations: { file, _ in
        file.lines.indices.filter { index in
          ["TO" + "DO", "FIX" + "ME"].contains { containsWord($0, in: file.lines[index]) }
        }.map { $0 + 1 }
      }),
    HouseRule(
      name: "the world's faults never kill the process",
      samplePath: "Sources/Bytes/Sample.swift",
      breaking: "let a = try! parse(b)\nfatalError(\"no\")\n",
      keeping: "let a = try? parse(b)\nlet c = try !isEmpty(d)\n",
      violations: { file, _ in
        guard !file.isTest else { return [] }
        return lines(of: file) { containsWord("try!", in: $0) || containsWord("fatalError(", in: $0) }
      }),
    HouseRule(
      name: "an exception from concurrency checking has its reason on the line above",
      samplePath: "Sources/Networking/Sample.swift",
      breaking: "final class Box: @unchecked Sendable {}\nnonisolated(unsafe) var a = 0\n",
      keeping: "// Guarded by its lock.\nfinal class Box: @unchecked Sendable {}\n",
      violations: { file, _ in
        file.code.indices.filter { index in
          let code = file.code[index]
          guard code.contains("@unchecked Sendable") || code.contains("nonisolated(unsafe)") else {
            return false
          }
          return index == 0 || !isComment(file.lines[index - 1])
        }.map { $0 + 1 }
      }),
    HouseRule(
      name: "a type never has the name of a module",
      samplePath: "Sources/Storage/Sample.swift",
      breaking: "package struct Storage {}\nenum SQLite: Error {}\n",
      keeping: "package struct Store {}\nlet s = Storage.self\n",
      violations: { file, project in
        let modules = project.targets.map(\.name)
        return lines(of: file) { code in
          declaredType(code).map { modules.contains($0) } ?? false
        }
      }),
  ]
}

// MARK: Reading lines

/// The lines whose code breaks a rule, counted from 1.
private func lines(of file: SourceFile, where breaks: (String) -> Bool) -> [Int] {
  file.code.indices.filter { breaks(file.code[$0]) }.map { $0 + 1 }
}

private func isNameByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
    true
  default: byte >= 0x80
  }
}

/// Whether `word` stands in `line` without a letter or digit continuing it on either side.
func containsWord(_ word: String, in line: String) -> Bool {
  let needle = Array(word.utf8)
  let bytes = Array(line.utf8)
  guard let first = needle.first, let last = needle.last, bytes.count >= needle.count else {
    return false
  }
  for start in 0...(bytes.count - needle.count) where bytes[start] == first {
    let end = start + needle.count
    guard bytes[start..<end].elementsEqual(needle) else { continue }
    let joinsBefore = isNameByte(first) && start > 0 && isNameByte(bytes[start - 1])
    let joinsAfter = isNameByte(last) && end < bytes.count && isNameByte(bytes[end])
    if !joinsBefore && !joinsAfter { return true }
  }
  return false
}

private func isComment(_ line: String) -> Bool {
  let start = line.drop { $0 == " " || $0 == "\t" }
  return start.hasPrefix("//") || start.hasPrefix("*")
}

private func words(_ code: String) -> [Substring] {
  code.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "@") }
}

/// `import X`, with attributes, access and kind in front of the name: the module's name.
private func importedModule(_ code: String) -> String? {
  let words = words(code)
  guard let at = words.firstIndex(of: "import"), at + 1 < words.count,
    words[..<at].allSatisfy({ $0.hasPrefix("@") || accessLevels.contains(String($0)) })
  else { return nil }
  let kinds = ["struct", "class", "enum", "protocol", "typealias", "func", "var", "let"]
  let next = kinds.contains(String(words[at + 1])) ? at + 2 : at + 1
  return next < words.count ? String(words[next]) : nil
}

private let accessLevels = ["public", "package", "internal", "fileprivate", "private"]

/// The name that a declaration of a type on this line gives it.
private func declaredType(_ code: String) -> String? {
  let words = words(code)
  let keywords: [Substring] = ["struct", "class", "enum", "actor", "protocol", "typealias"]
  guard words.first != "import", let at = words.firstIndex(where: keywords.contains),
    at + 1 < words.count
  else { return nil }
  return String(words[at + 1])
}
