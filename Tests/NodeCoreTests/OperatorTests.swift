import Bytes
import Foundation
import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import Testing

/// Who may do what at a node, and what becomes of wrong passwords.
@Suite struct OperatorTests {
  private let pair: SignedPair
  private let node: Node
  private let file: URL

  init() throws {
    pair = try SignedPair()
    var settings = NodeSettings()
    settings.passwordIterations = 100
    settings.reviewsBeforePublishing = true
    node = try Node(store: pair.centre.store, settings: settings)
    file = pair.directory.appending(path: "password")
  }

  @discardableResult
  private func run(
    _ name: String, _ words: String..., dryRun: Bool = false
  ) throws -> JSONAnswer {
    try run(name, words: words, dryRun: dryRun)
  }

  private func run(_ name: String, words: [String], dryRun: Bool) throws -> JSONAnswer {
    let two = words.count > 1 ? OperationTable.find(noun: words[0], verb: words[1]) : nil
    let type = try #require(two ?? OperationTable.find(noun: words[0], verb: ""))
    let arguments = try Arguments(
      words: Array(words.dropFirst(two == nil ? 1 : 2)), parameters: type.spec.parameters)
    return try OperatorTests.answer(
      of: type, arguments,
      OperationContext(node: node, operatorName: name, dryRun: dryRun))
  }

  private static func answer<One: NodeCore.Operation>(
    of type: One.Type, _ arguments: Arguments, _ context: OperationContext
  ) throws -> JSONAnswer {
    let answer = try context.perform(type, arguments)
    for language in Language.allCases { #expect(!answer.text(language).isEmpty) }
    return JSONAnswer(
      value: try JSONSerialization.jsonObject(with: Data(AnswerJSON.encode(answer))))
  }

  private func reason(_ name: String, _ words: String..., dryRun: Bool = false) -> Reason? {
    do {
      _ = try run(name, words: words, dryRun: dryRun)
      return nil
    } catch {
      return Refusal.of(error).reason
    }
  }

  private func add(_ name: String, _ roles: String, by caller: String = "boss") throws {
    try run(caller, "operator", "add", name, "--real-name", "真实\(name)", "--roles", roles)
  }

  private func team() throws {
    try add("boss", "administrator")
    try add("writer", "editor")
    try add("press", "publisher,editor")
    try add("judge", "reviewer")
    try add("eye", "auditor")
  }

  private func last() throws -> JSONAnswer {
    try run("boss", "audit", "list", "--limit", "1")["entries"][0]
  }

  private func password(_ text: String) throws -> String {
    try text.write(to: file, atomically: true, encoding: .utf8)
    return file.path
  }

  @Test func `until the first operator any name may do all, and the first administers`() throws {
    try run("anybody", "column", "add", "要闻")
    #expect(
      reason("x", "operator", "add", "a", "--real-name", "A", "--roles", "editor")
        == .firstOperator)
    try run("x", "operator", "add", "a", "--real-name", "A", "--roles", "administrator", dryRun: true)
    try run("anybody", "column", "add", "通知")
    try add("boss", "administrator", by: "anybody")
    #expect(reason("anybody", "column", "add", "公告") == .unknownOperator)
    #expect(try last()["operator"].string == "anybody" && last()["result"].string == "unknown_operator")
    #expect(reason("anybody", "status") == .unknownOperator)
    try run("boss", "column", "add", "公告")
  }

  @Test func `each role may do its own, and is refused the others'`() throws {
    try team()
    try run("boss", "column", "add", "要闻")
    let item = ["--column", "要闻", "--title", "题", "--body", "文"]
    func addItem(_ name: String, _ more: String...) -> Reason? {
      do {
        _ = try run(name, words: ["item", "add"] + item + more, dryRun: true)
        return nil
      } catch { return Refusal.of(error).reason }
    }
    #expect(addItem("writer") == nil && addItem("press") == nil)
    #expect(addItem("writer", "--publish") == .roleMissing)
    for name in ["boss", "judge", "eye"] { #expect(addItem(name) == .roleMissing, "\(name)") }
    for name in ["writer", "press", "judge", "eye"] {
      #expect(reason(name, "column", "add", "一") == .roleMissing, "\(name)")
      #expect(reason(name, "backup", "/tmp/none/b", dryRun: true) == .roleMissing)
      #expect(reason(name, "verify", "--repair", dryRun: true) == .roleMissing)
      #expect(reason(name, "status") == nil)
    }
    #expect(reason("eye", "audit", "list") == nil && reason("writer", "audit", "list") == .roleMissing)
    #expect(reason("eye", "operator", "disable", "writer") == .roleMissing)
    let refused = try last()
    #expect(refused["operator"].string == "eye" && refused["kind"].string == "refusal")
    #expect(refused["operation"].string == "operator disable")
  }

  /// By the tables alone: what changes something is nobody's but those who are named for it.
  @Test func `an auditor changes nothing, an administrator no content`() {
    let own = ["audit export", "operator check", "operator password", "verify"]
    let content = ["item", "place", "unplace", "submit", "repost", "review", "conflicts"]
    for operation in OperationTable.all where operation.spec.changes {
      let spec = operation.spec
      let roles = OperatorRights.roles(for: spec.name, changes: true)
      #expect(!roles.isEmpty)
      #expect(!roles.contains(.auditor) || own.contains(spec.name), "\(spec.name)")
      #expect(
        !roles.contains(.administrator) || !content.contains(spec.noun)
          || spec.name == "item purge", "\(spec.name)")
    }
    for operation in OperationTable.all where !operation.spec.changes {
      #expect(
        OperatorRights.roles(for: operation.spec.name, changes: false).contains(.auditor),
        "\(operation.spec.name)")
    }
  }

  @Test func `the last administrator stays`() throws {
    try team()
    #expect(reason("boss", "operator", "disable", "boss") == .lastAdministrator)
    #expect(reason("boss", "operator", "set", "boss", "--roles", "editor") == .lastAdministrator)
    try add("chief", "administrator")
    try run("boss", "operator", "disable", "boss")
    #expect(reason("boss", "column", "add", "一") == .operatorDisabled)
    #expect(reason("chief", "operator", "disable", "chief") == .lastAdministrator)
    try run("chief", "operator", "enable", "boss")
    try run("boss", "column", "add", "一")
    let list = try run("eye", "operator", "list")["operators"].list
    #expect(list.map { $0["name"].string } == ["boss", "chief", "eye", "judge", "press", "writer"])
    #expect(list[4]["roles"].strings == ["editor", "publisher"])
    #expect(list[0]["state"].string == "enabled" && !list[0]["last_used_at"].isMissing)
    #expect(list[3]["last_used_at"].isMissing && list[0]["real_name"].string == "真实boss")
    #expect(try run("boss", "operator", "enable", "boss")["changed"] == false)
    let told = try run("boss", "audit", "list", "--kind", "role", "--limit", "1")["entries"][0]
    #expect(told["operation"].string == "operator enable")
    #expect(told["subject"].string == "boss: administrator")
  }

  @Test func `nobody publishes what they edited themselves, where review comes first`() throws {
    try team()
    try add("desk", "publisher")
    try run("boss", "column", "add", "要闻")
    let id = try run(
      "press", "item", "add", "--column", "要闻", "--title", "题", "--body", "文")["id"].string
    #expect(reason("press", "item", "publish", id) == .ownWork)
    #expect(try last()["result"].string == "own_work")
    #expect(
      reason("press", "item", "add", "--column", "要闻", "--title", "题", "--body", "文", "--publish")
        == .ownWork)
    // Who edits it last is its editor.
    try run("writer", "item", "edit", id, "--title", "新题")
    try run("press", "item", "publish", id)
    #expect(reason("writer", "item", "edit", id, "--title", "又") == .roleMissing)
    #expect(reason("press", "item", "edit", id, "--title", "又") == .ownWork)
    try run("writer", "item", "edit", id, "--title", "又", "--draft")
    try run("desk", "item", "publish", id)
  }

  @Test func `five wrong passwords lock for a quarter of an hour`() throws {
    try team()
    let right = "blue-Kettle-71-harbour"
    #expect(
      reason("boss", "operator", "password", "writer", "--file", try password("Password2024!"))
        == .weakPassword)
    #expect(
      reason("judge", "operator", "password", "writer", "--file", try password(right))
        == .roleMissing)
    try run("boss", "operator", "password", "writer", "--file", try password(right + "\n"))
    try run("writer", "operator", "check", "writer", "--file", try password(right))
    let wrong = try password("blue-Kettle-71-harbor")
    for _ in 1...4 {
      #expect(reason("writer", "operator", "check", "writer", "--file", wrong) == .wrongPassword)
    }
    #expect(reason("writer", "operator", "check", "writer", "--file", wrong) == .operatorLocked)
    let path = try password(right)
    #expect(reason("writer", "operator", "check", "writer", "--file", path) == .operatorLocked)
    #expect(try run("boss", "operator", "list")["operators"][4]["state"].string == "locked")
    pair.clock.withLock { $0 += Node.lockMilliseconds - 1 }
    #expect(reason("writer", "operator", "check", "writer", "--file", path) == .operatorLocked)
    pair.clock.withLock { $0 += 1 }
    try run("writer", "operator", "check", "writer", "--file", path)
    let told = try run("boss", "audit", "list", "--kind", "sign_in")["entries"].list
      .map { "\($0["operator"].string) \($0["result"].string)" }
    #expect(told.filter { $0 == "writer wrong_password" }.count == 4)
    #expect(told.filter { $0 == "writer done" }.count == 2)
    #expect(told.contains("writer operator_locked"))
  }

  @Test func `an unknown name, a disabled one and one without a password are one refusal`() throws {
    try team()
    let path = try password("blue-Kettle-71-harbour")
    try run("boss", "operator", "password", "eye", "--file", path)
    try run("boss", "operator", "disable", "eye")
    for name in ["nobody", "eye", "judge"] {
      do {
        try node.signIn(name, password: "blue-Kettle-71-harbour")
        Issue.record("\(name) got in")
      } catch let refusal as Refusal {
        #expect(refusal == Refusal(.wrongPassword, name))
      }
    }
  }

  @Test func `a password's hash is with the keys, and nowhere else`() throws {
    try team()
    let text = "blue-Kettle-71-harbour"
    try run("boss", "operator", "password", "eye", "--file", try password(text))
    let secret = try #require(node.keys.read { $0.operators?.first })
    let copy = pair.directory.appending(path: "copy.db")
    try node.store.copy(to: copy.path)
    let octets = [UInt8](try Data(contentsOf: copy))
    for part in [text, secret.hash, secret.salt] {
      #expect(octets.firstRange(of: Array(part.utf8)) == nil)
    }
    for part in [secret.hash, secret.salt].compactMap({ Hex.decode($0) }) {
      #expect(octets.firstRange(of: part) == nil)
    }
    // A key file of an earlier version has no operators.
    var old = KeyFile()
    old.operators = nil
    let json = String(decoding: AnswerJSON.encode(old), as: UTF8.self)
    #expect(!json.contains("operators"))
    #expect(try AnswerJSON.decode(KeyFile.self, from: Array(json.utf8)) == old)
  }
}
