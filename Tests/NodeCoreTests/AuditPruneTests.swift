import Foundation
import HTTPCore
import NodeCore
import Replication
import SQLite
import SiteGroup
import Storage
import Testing

/// Entries that are taken out of the audit chain: into a file that checks by itself, and so that the
/// rest checks as before.
@Suite struct AuditPruneTests {
  private let pair: SignedPair

  init() throws {
    pair = try SignedPair()
    try pair.enrol()
  }

  private var file: String { pair.directory.appending(path: "pruned.jsonl").path }

  private func day() { pair.clock.withLock { $0 += 86_400_000 } }

  private func now() -> String {
    Date(timeIntervalSince1970: Double(pair.clock.withLock { $0 }) / 1000).formatted(.iso8601)
  }

  private func addColumns(_ range: ClosedRange<Int>) throws {
    for number in range { _ = try pair.county.answer("column", "add", "栏目\(number)") }
  }

  private func synchronize() throws {
    pair.clock.withLock { $0 += 1000 }
    #expect(try pair.county.synchronize().report.isInStep)
  }

  private func prune(_ time: String, _ more: String...) throws -> JSONAnswer {
    try pair.county.answer(
      words: ["audit", "prune", "--before", time, "--export", file] + more)
  }

  private func faults(_ words: String...) throws -> [String] {
    let answer = try pair.county.answer(words: ["audit", "verify"] + words)
    #expect(answer["ok"] == .init(booleanLiteral: answer["faults"].list.isEmpty))
    return answer["faults"].list.map {
      "\($0["fault"].string) \($0["number"].int ?? 0)–\($0["last"].int ?? 0) \($0["source"].string)"
    }
  }

  private func numbers() throws -> [Int64] {
    try pair.county.store.read { snapshot in
      var numbers: [Int64] = []
      try snapshot.auditEntries(newestFirst: false) { entry, _ in
        numbers.append(entry.number)
        return true
      }
      return numbers
    }
  }

  /// Three days of three columns, each told to the upstream.
  private func fill() throws -> [String] {
    var times: [String] = []
    for number in 0..<3 {
      day()
      times.append(now())
      try addColumns((3 * number + 1)...(3 * number + 3))
      try synchronize()
    }
    return times
  }

  @Test func `the rest is sound, and the file is, each by itself`() throws {
    let times = try fill()
    let before = try numbers()
    let rehearsed = try pair.county.answer(
      words: ["audit", "prune", "--before", times[2], "--export", file], dryRun: true)
    let gone = rehearsed["entries"].int ?? 0
    #expect(gone > 6)
    #expect(try numbers() == before)
    #expect(!FileManager.default.fileExists(atPath: file))
    let pruned = try prune(times[2])
    #expect(pruned["entries"].int == gone && pruned["last"].int == gone)
    #expect(try numbers().first == Int64(gone) + 1)
    #expect(try faults() == [])
    let whole = try pair.county.answer("audit", "verify")
    #expect(whole["pruned"]["number"].int == gone)
    #expect(whole["pruned"]["digest"] == pruned["digest"])
    #expect(whole["pruned"]["heads"].int ?? 0 >= 2)
    let part = try pair.county.answer("audit", "verify", file)
    #expect(part["ok"] == true && part["count"].int == gone && part["export"]["first"] == 1)
    #expect(part["export"]["confirmed"].int ?? 0 >= 2)
    #expect(part["export"]["of_this_chain"] == true)
    // It goes on, is told to the upstream, and can be pruned again.
    try synchronize()
    #expect(try faults() == [])
    let told = try pair.county.answer("audit", "list", "--kind", "recovery")["entries"][0]
    #expect(told["operation"] == "audit prune" && told["count"].int == gone)
    #expect(throws: Refusal.self) { try prune(times[2]) }
    let again = try prune(now(), "--force")
    #expect(again["entries"].int ?? 0 > 0)
    let second = try pair.county.answer("audit", "verify", file)
    #expect(second["ok"] == true && second["export"]["first"].int == gone + 1)
    try synchronize()
    #expect(try faults() == [])
    #expect(try pair.county.findings() == [])
  }

  @Test func `what is cut beyond the anchor is found, and so is an anchor that is another`()
    throws
  {
    let times = try fill()
    let last = Int64(try #require(try prune(times[1])["last"].int))
    try synchronize()
    #expect(try faults() == [])
    try pair.county.tamper(
      ("DELETE FROM audit WHERE number <= ?", [.integer(last + 2)]))
    #expect(try faults() == ["missing \(last + 1)–\(last + 2) chain"])
    #expect(throws: Refusal.self) { try prune(times[2], "--force") }
  }

  @Test func `entries without an anchor are missing, and who writes one is found`() throws {
    _ = try fill()
    let head = try pair.county.store.read { try $0.auditHead() }
    try pair.county.tamper(("DELETE FROM audit WHERE number <= 4", []))
    #expect(try faults() == ["missing 1–4 chain"])
    // One that names other entries than were there.
    try pair.county.store.write {
      $0.tell(
        .pruned(
          AuditAnchor(head: ChainHead(number: 4, digest: head.digest), life: nil), count: 4,
          operatorName: "x"))
    }
    #expect(try faults() == ["broken 4–4 chain"])
  }

  @Test func `a changed line of the file is named`() throws {
    let times = try fill()
    _ = try prune(times[2])
    let text = try String(contentsOfFile: file, encoding: .utf8)
    var lines = text.split(separator: "\n").map(String.init)
    lines.remove(at: 3)
    try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
    #expect(try faults(file) == ["missing 4–4 chain"])
    lines = Array(text.split(separator: "\n").map(String.init).dropLast(1))
    lines[0] = lines[0].replacing("\"octets\":\"8e02", with: "\"octets\":\"8e02ff")
    try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
    #expect(try faults(file).first == "edited 1–1 chain")
    try "x".write(toFile: file, atomically: true, encoding: .utf8)
    #expect(throws: Refusal.self) { try faults(file) }
  }

  @Test func `what the upstream has not seen stays, and so does all while it cannot be asked`()
    throws
  {
    _ = try fill()
    let seen = try pair.county.store.read { try $0.auditHead() }.number
    day()
    try addColumns(20...22)
    day()
    pair.network.answerNext(HTTPResponse(status: 502))
    #expect(throws: Refusal.self) { try prune(now()) }
    #expect(try prune(now())["last"].int == Int(seen))
    #expect(try faults() == [])
  }

  @Test func `a life that began in what was taken out is not forgotten`() throws {
    _ = try fill()
    let before = try pair.county.store.read { try $0.auditHead() }.number
    try pair.county.rejoin()
    day()
    try synchronize()
    try addColumns(30...33)
    try synchronize()
    day()
    let pruned = try prune(now())
    #expect(pruned["last"].int ?? 0 > Int(before))
    try synchronize()
    #expect(try faults() == [])
  }
}
