import Foundation
import Testing

/// The table of `Docs/Scenarios.md`, or of `Docs/ThreatModel.md`: its rows, and the files that they
/// speak of.
struct ScenarioTable {
  struct Row {
    let scenario: String
    let tests: [(suite: String, name: String)]
    let mutants: [String]
  }

  let rows: [Row]

  /// Rows are those of the one table; a test is written `Suite`: `name`.
  init(_ text: String) {
    rows = text.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst().map { line in
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      let spans = cells.count > 1 ? Self.spans(cells[1]) : []
      return Row(
        scenario: cells.first ?? "",
        tests: stride(from: 0, to: spans.count - 1, by: 2).map { (spans[$0], spans[$0 + 1]) },
        mutants: cells.count > 3 ? Self.spans(cells[3]) : [])
    }
  }

  private static func spans(_ cell: String) -> [String] {
    cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }

  /// The suites and tests of each file, as `SUITE` and `NAME` alone.
  private static let declared: [(suites: Set<String>, names: Set<String>)] = Project.current.files
    .filter(\.isTest).map { file in
      var (suites, names): (Set<String>, Set<String>) = ([], [])
      for line in file.lines {
        if line.hasPrefix("@Suite struct "), line.hasSuffix(" {") {
          suites.insert(line.dropFirst(14).dropLast(2).filter { $0 != "`" })
        } else if line.utf8.contains(UInt8(ascii: "`")), line.contains("func `") {
          names.insert(spans(line).first ?? "")
        }
      }
      return (suites, names)
    }

  /// Whether a file of tests has the suite and the test.
  static func stands(_ suite: String, _ name: String) -> Bool {
    declared.contains { $0.suites.contains(suite) && $0.names.contains(name) }
  }
}

@Suite struct ScenarioTableTests {
  private let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private func table(_ name: String) throws -> ScenarioTable {
    ScenarioTable(
      try String(contentsOf: top.appendingPathComponent("Docs/\(name).md"), encoding: .utf8))
  }

  /// Each mutant's name, with what its head says is to notice it.
  private func mutants() throws -> [(name: String, test: String, lines: [Substring])] {
    let folder = top.appendingPathComponent("Tests/Mutants")
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { file in
      let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      let head = lines.first { $0.hasPrefix("test: ") } ?? ""
      return (String(file.dropLast(".patch".count)), String(head.dropFirst("test: ".count)), lines)
    }
  }

  @Test func `every scenario names tests that exist, and a mutant`() throws {
    let scenarios = try table("Scenarios").rows
    let threats = try table("ThreatModel").rows
    #expect(scenarios.count >= 30 && threats.count >= 20)
    #expect(scenarios.allSatisfy { !$0.mutants.isEmpty })
    for row in scenarios + threats {
      #expect(!row.tests.isEmpty, "\(row.scenario)")
      for test in row.tests {
        #expect(
          ScenarioTable.stands(test.suite, test.name), "\(test.suite): \(test.name) is missing")
      }
    }
  }

  @Test func `every mutant is noticed by a test of its scenario`() throws {
    let rows = try table("Scenarios").rows + table("ThreatModel").rows
    let mutants = try mutants()
    #expect(Set(rows.flatMap(\.mutants)) == Set(mutants.map(\.name)))
    for mutant in mutants {
      let row = rows.first { $0.mutants.contains(mutant.name) }
      let isNamed = row?.tests.contains { mutant.test.hasSuffix(".\($0.suite)/`\($0.name)`") }
      let isNamedInTicks = row?.tests.contains {
        mutant.test.hasSuffix(".`\($0.suite)`/`\($0.name)`")
      }
      #expect(isNamed == true || isNamedInTicks == true, "\(mutant.name): \(mutant.test)")
    }
  }

  /// Each hunk's old lines stand in their file one after the other, with as much context behind as
  /// before: else `patch` takes them for the file's end or beginning. `Scripts/mutants` runs them.
  @Test func `every mutant applies to the sources as they are`() throws {
    for mutant in try mutants() {
      var file: [String] = []
      var hunks: [[String]] = []
      func check() {
        for hunk in hunks {
          let old = hunk.filter { !$0.hasPrefix("+") }.map { String($0.dropFirst()) }
          let starts = file.indices.filter { file[$0...].starts(with: old) }
          #expect(!starts.isEmpty, "\(mutant.name): its file is another now at \(old)")
          let context = [hunk, hunk.reversed()].map { $0.prefix { $0.hasPrefix(" ") }.count }
          #expect(context[0] == context[1], "\(mutant.name): lopsided context at \(old)")
        }
        hunks = []
      }
      for line in mutant.lines {
        if line.hasPrefix("--- a/") {
          check()
          let path = String(line.dropFirst(6))
          file = try #require(Project.current.files.first { $0.path == path }, "\(path)").lines
        } else if line.hasPrefix("@@") {
          hunks.append([])
        } else if !hunks.isEmpty, let first = line.first, " -+".contains(first) {
          hunks[hunks.count - 1].append(String(line))
        }
      }
      #expect(!hunks.isEmpty, "\(mutant.name) changes nothing")
      check()
    }
  }

  @Test func `a row is read with its tests and mutants`() throws {
    let table = ScenarioTable(
      """
      | scenario | tests | mechanism | mutants |
      |---|---|---|---|
      | 甲 · one | `SuiteA`: `a b`<br>`Of two`: `c` | a `word` | `m` `n` |
      """)
    let row = try #require(table.rows.first)
    #expect(table.rows.count == 1 && row.mutants == ["m", "n"])
    #expect(
      row.tests.map(\.suite) == ["SuiteA", "Of two"] && row.tests.map(\.name) == ["a b", "c"])
    #expect(ScenarioTable.stands("ScenarioTableTests", "a row is read with its tests and mutants"))
    #expect(!ScenarioTable.stands("ScenarioTableTests", "a test that is not there"))
  }
}
