import Bytes
import Foundation
import HTTPCore
import Library
import NodeCore
import Replication
import SQLite
import SiteGroup
import Storage
import Testing

/// The audit of two nodes that talk: what is told, what the upstream countersigns, what that finds.
@Suite struct AuditTests {
  private let pair: SignedPair

  init() throws {
    pair = try SignedPair()
    try pair.enrol()
  }

  private func run(_ node: Node, _ words: String..., by name: String = "张三") throws -> JSONAnswer {
    let two = words.count > 1 ? OperationTable.find(noun: words[0], verb: words[1]) : nil
    let type = try #require(two ?? OperationTable.find(noun: words[0], verb: ""))
    let arguments = try Arguments(
      words: Array(words.dropFirst(two == nil ? 1 : 2)), parameters: type.spec.parameters)
    return try AuditTests.answer(
      of: type, arguments, OperationContext(node: node, operatorName: name))
  }

  private static func answer<One: NodeCore.Operation>(
    of type: One.Type, _ arguments: Arguments, _ context: OperationContext
  ) throws -> JSONAnswer {
    let answer = try context.perform(type, arguments)
    for language in Language.allCases { #expect(!answer.text(language).isEmpty) }
    let bytes = AnswerJSON.encode(answer)
    return JSONAnswer(value: try JSONSerialization.jsonObject(with: Data(bytes)))
  }

  private func addColumns(_ range: ClosedRange<Int>) throws {
    for number in range { _ = try run(pair.county, "column", "add", "栏目\(number)") }
  }

  private func head(_ node: Node) throws -> ChainHead { try node.store.read { try $0.auditHead() } }

  private func faults(_ node: Node) throws -> [String] {
    try run(node, "audit", "verify")["faults"].list.map {
      "\($0["fault"].string) \($0["number"].int ?? 0)–\($0["last"].int ?? 0) \($0["source"].string)"
    }
  }

  /// Other words in one entry, and every digest after it computed anew.
  private func rewrite(_ node: Node, from first: Int64) throws {
    try node.store.write { transaction in
      var entries: [AuditEntry] = []
      try transaction.auditEntries(newestFirst: false) { entry, _ in
        entries.append(entry)
        return true
      }
      var previous: Digest?
      for entry in entries where entry.number >= first {
        var event = entry.event
        if entry.number == first { event.operatorName = "李四" }
        let other = AuditEntry(
          algorithm: entry.algorithm,
          after: ChainHead(number: entry.number - 1, digest: previous ?? entry.previous),
          at: entry.at, event, entry.changes)
        let digest = entry.algorithm.digest(other.bytes)
        previous = digest
        try transaction.connection.run(
          "UPDATE audit SET digest = ?, bytes = ? WHERE number = ?",
          [.blob(digest.bytes), .blob(other.bytes), .integer(entry.number)])
      }
    }
  }

  private func cut(_ node: Node, after number: Int64) throws {
    try node.store.write {
      try $0.connection.run("DELETE FROM audit WHERE number > ?", [.integer(number)])
    }
  }

  @Test func `a change tells who did what, to which record`() throws {
    _ = try run(pair.county, "column", "add", "要闻", by: "王五")
    let entry = try run(pair.county, "audit", "list", "--limit", "1")["entries"][0]
    #expect(entry["operator"].string == "王五" && entry["operation"].string == "column add")
    #expect(entry["subject"].string == "要闻" && entry["result"].string == "done")
    let column = RecordKey.column(pair.county.site, path: "要闻").id.description
    #expect(entry["records"].strings == [column] && entry["changed"].int == 1)
    let found = try run(pair.county, "audit", "list", "--subject", column)["entries"]
    #expect(found.count == 1)
    for (option, value, count) in [
      ("--by", "王五", 1), ("--by", "张三", 0), ("--kind", "change", 1), ("--kind", "role", 0),
      ("--since", "2033-01-01", 0), ("--until", "2001-01-01", 0),
    ] {
      let entries = try run(pair.county, "audit", "list", option, value)["entries"]
      #expect(entries.count == count, "\(option) \(value)")
    }
  }

  @Test func `keys are told: issued, used, and by whom enrolled`() throws {
    let centre = try run(pair.centre, "audit", "list", "--kind", "key")["entries"].list
    #expect(centre.map { $0["operation"].string } == ["enrol", "site token"])
    #expect(centre[0]["site"].string == "360423")
    let county = try run(pair.county, "audit", "list", "--kind", "key")["entries"].list
    #expect(county.map { $0["subject"].string } == ["360400"])
  }

  @Test func `a session has the head countersigned, and one that moves nothing costs nothing`()
    throws
  {
    try addColumns(1...3)
    _ = try pair.county.synchronize()
    let answer = try run(pair.county, "audit", "verify")
    #expect(answer["ok"] == true && answer["faults"].count == 0)
    let top = Int(try head(pair.county).number)
    #expect(answer["upstream"]["asked"] == true && answer["upstream"]["seen"].int == top)
    #expect(answer["upstream"]["countersigned"].int ?? 0 > 0)
    let child = try run(pair.centre, "audit", "verify")["children"][0]
    #expect(child["site"].string == "360423" && child["number"].int == top)
    let (county, centre) = (try head(pair.county), try head(pair.centre))
    let requests = pair.network.requests.count
    pair.clock.withLock { $0 += 1000 }
    for _ in 1...3 { #expect(try pair.county.synchronize().report.isInStep) }
    #expect(pair.network.requests.count == requests + 3)
    #expect(try head(pair.county) == county && head(pair.centre) == centre)
  }

  @Test func `a cut tail is found by the upstream's heads, and by those kept here`() throws {
    try addColumns(1...3)
    _ = try pair.county.synchronize()
    let top = try head(pair.county).number
    try cut(pair.county, after: top - 2)
    #expect(try faults(pair.county) == ["cut \(top - 1)–\(top) upstream"])
    pair.network.answerNext(HTTPResponse(status: 502), HTTPResponse(status: 502))
    #expect(try faults(pair.county) == ["cut \(top - 1)–\(top) countersignature"])
  }

  @Test func `a chain that was rewritten whole is found, and where`() throws {
    try addColumns(1...2)
    _ = try pair.county.synchronize()
    let sound = try head(pair.county).number
    try addColumns(3...6)
    _ = try pair.county.synchronize()
    let top = try head(pair.county).number
    try rewrite(pair.county, from: sound + 2)
    #expect(try faults(pair.county) == ["rewritten \(sound + 1)–\(top) upstream"])
    // The marks that are kept here rewritten too: the upstream still knows.
    try pair.county.store.write { try $0.connection.run("DELETE FROM audit_marks") }
    #expect(try faults(pair.county) == ["rewritten \(sound + 1)–\(top) upstream"])
  }

  @Test func `the upstream tells of a child whose chain went back, or is another`() throws {
    try addColumns(1...3)
    _ = try pair.county.synchronize()
    let top = try head(pair.county).number
    try cut(pair.county, after: top - 3)
    try addColumns(4...4)
    pair.clock.withLock { $0 += 1000 }
    _ = try pair.county.synchronize()
    var answer = try run(pair.centre, "audit", "verify")
    #expect(answer["ok"] == false && answer["children"][0]["fault"].string == "went_back")
    let told = try run(pair.centre, "audit", "list", "--kind", "refusal")["entries"][0]
    #expect(told["site"].string == "360423" && told["result"].string == "went_back")
    try pair.county.rejoin()
    pair.clock.withLock { $0 += 1000 }
    _ = try pair.county.synchronize()
    answer = try run(pair.centre, "audit", "verify")
    #expect(answer["ok"] == true, "a new life begins anew")
  }

  @Test func `what a restored copy does not have is lost, not a fault`() throws {
    try addColumns(1...2)
    _ = try pair.county.synchronize()
    let before = try head(pair.county).number
    let copy = pair.directory.appending(path: "copy.db").path
    try pair.county.store.copy(to: copy)
    try addColumns(3...6)
    _ = try pair.county.synchronize()
    let after = try head(pair.county).number
    let ports = pair.county.ports
    // Another life: what it draws must not be what the other drew.
    let other = StorePorts(now: ports.now, random: { ports.random($0 + 1).suffix($0).map { $0 ^ 1 } })
    let node = try Node(
      store: Store(path: copy, creating: nil, ports: other), settings: pair.county.settings,
      network: pair.network)
    try node.keys.change { $0 = pair.county.keys.read { $0 } }
    try node.rejoin(by: "张三", "restore")
    pair.clock.withLock { $0 += 2000 }
    _ = try node.synchronize()
    let answer = try run(node, "audit", "verify")
    #expect(answer["ok"] == true && answer["faults"].count == 0)
    #expect(answer["lost"].count == 1)
    #expect(answer["lost"][0]["number"].int == Int(before) + 1)
    #expect(answer["lost"][0]["last"].int == Int(after))
    let told = try run(pair.centre, "audit", "list", "--kind", "recovery")["entries"][0]
    #expect(told["site"].string == "360423" && told["result"].string == "new_life")
    // Who cuts a tail and writes `restore` himself has not begun a new life.
    try cut(pair.county, after: before)
    try pair.county.store.write {
      $0.tell(.newLife(epoch: [9, 9, 9, 9, 9, 9, 9, 9], operation: "restore", operatorName: "x"))
    }
    #expect(try run(pair.county, "audit", "verify")["ok"] == false)
  }

  @Test func `a session names the neighbour, and who asked for it or the schedule`() throws {
    _ = try pair.county.synchronize()
    let pulled = try run(
      pair.county, "audit", "list", "--kind", "sync", "--site", "360400")["entries"].list
    #expect(pulled.map { $0["operation"].string } == ["pull"])
    #expect(pulled[0]["subject"].string == "schedule" && pulled[0]["operator"].string.isEmpty)
    try addColumns(1...2)
    _ = try run(pair.county, "sync", by: "李四")
    let pushed = try run(pair.county, "audit", "list", "--by", "李四")["entries"].list
    #expect(pushed.map { "\($0["operation"].string) \($0["count"].int ?? 0)" } == ["push 2"])
    #expect(pushed[0]["site"].string == "360400" && pushed[0]["subject"].string.isEmpty)
    #expect(try run(pair.county, "audit", "list", "--site", "360424")["entries"].count == 0)
  }

  @Test func `a flood of refused requests is one entry, then a count`() throws {
    _ = try pair.county.synchronize()
    var post = try #require(pair.network.requests.last { $0.method == .post })
    post.body[0] ^= 1
    let before = try head(pair.centre).number
    for _ in 1...500 { _ = pair.network.answer(post, "centre.test") }
    #expect(try head(pair.centre).number == before + 1)
    let entries = try run(pair.centre, "audit", "list", "--kind", "refusal")["entries"].list
    #expect(entries.map { $0["count"].int } == [499, 1])
    #expect(entries[0]["site"].string == "360423" && entries[0]["result"].string == "wrong_key")
  }

  @Test func `a refused operation and a refused record are told`() throws {
    let theirs = RecordKey.column(try #require(SiteCode("360424")), path: "要闻")
    #expect(throws: Refusal.self) { try run(pair.county, "site", "rekey", "360400") }
    var entry = try run(pair.county, "audit", "list", "--limit", "1")["entries"][0]
    #expect(entry["kind"].string == "refusal" && entry["result"].string == "not_below")
    // A column of another county's.
    var edit = RecordEdit(theirs)
    edit.set(ColumnRecord.Cell.path, "要闻")
    let stamp = Stamp(time: pair.county.ports.now(), author: pair.county.site)
    let record = try #require(Record.writing(edit, over: nil, as: stamp))
    try pair.county.store.write { transaction in
      try transaction.put(record, over: nil)
      try transaction.settle()
    }
    _ = try pair.county.synchronize()
    entry = try run(pair.centre, "audit", "list", "--kind", "refusal", "--limit", "1")["entries"][0]
    #expect(entry["site"].string == "360423" && entry["operation"].string == "push")
    #expect(entry["subject"].string.contains(theirs.id.description))
  }

  @Test func `a wrong use is no refusal of the audit's, nor is a rehearsal`() throws {
    let before = try head(pair.county)
    #expect(throws: Refusal.self) { try run(pair.county, "item", "publish", "zzzzzzzz") }
    let type = try #require(OperationTable.find(noun: "column", verb: "add"))
    let arguments = try Arguments(words: ["一"], parameters: type.spec.parameters)
    _ = try AuditTests.answer(
      of: type, arguments,
      OperationContext(node: pair.county, operatorName: "张三", dryRun: true))
    #expect(try head(pair.county) == before)
  }
}
