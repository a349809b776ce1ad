import Bytes
import Foundation
import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import SyncProtocol
import Testing

/// What a session took.
struct MeasuredSession {
  var report = SyncReport()
  /// Octets of all bodies, both ways.
  var bytes = 0
  var calls: [SyncCall] = []
  var pages: [PullResponse] = []

  var reconciles: [ReconcileRequest] {
    calls.filter { $0.endpoint == .reconcile }.compactMap { try? ReconcileRequest($0.body) }
  }
  var keysNamed: Int {
    reconciles.reduce(0) { $0 + $1.listed.reduce(0) { $0 + $1.held.count } }
  }
}

extension Group {
  /// A session to its end, with what travelled. `meanwhile` runs between each call and its answer;
  /// `cut` ends the session before the answer to such a call arrives, `drop` before the call itself
  /// does; `pageBytes` bounds its pages.
  func measured(
    _ code: String, _ parent: String, pageBytes: Int = SyncLimits.pageBytes,
    meanwhile: (SyncCall) throws -> Void = { _ in }, cut: (SyncCall) -> Bool = { _ in false },
    drop: (SyncCall) -> Bool = { _ in false },
    holds: @escaping () -> Bool = { false }
  ) throws -> MeasuredSession {
    let child = try #require(nodes[code])
    let upstream = try #require(nodes[parent])
    let run = try #require(try SyncRun(child, holds: holds))
    run.pageBytes = pageBytes
    var session = MeasuredSession()
    var action = try run.begin()
    for _ in 0..<1_000 {
      switch action {
      case .finished(let report):
        session.report = report
        return session
      case .send(let call):
        if drop(call) {
          action = try run.fail(.unreachable("dropped"))
          continue
        }
        session.calls.append(call)
        session.bytes += call.body.count
        let reply = try upstream.answer(call, from: child.site)
        if case .ok(let body, _) = reply {
          session.bytes += body.count
          if call.endpoint == .pull { session.pages.append(try PullResponse(body)) }
        }
        try meanwhile(call)
        if cut(call) {
          action = try run.fail(.unreachable("cut"))
        } else {
          action = try run.receive(reply)
        }
      }
    }
    throw SyncSession.Failure.malformed("a session without end")
  }

  @discardableResult
  func publish(_ code: String, _ names: some Sequence<Int>) throws -> [RecordKey] {
    try #require(nodes[code]).publish(names)
  }

  /// Keeps the files of a node as they are now.
  func copy(_ code: String) throws -> URL {
    let node = try #require(nodes[code])
    try node.store.checkpoint()
    let copy = directory.appending(path: "\(UUID().uuidString).db")
    try FileManager.default.copyItem(at: directory.appending(path: code + ".db"), to: copy)
    return copy
  }

  /// Puts an old copy in the place of a node's store; what it wrote since is gone.
  func bringBack(_ code: String, _ copy: URL) throws {
    let node = try #require(nodes[code])
    let store = try Store(path: copy.path, creating: nil, ports: node.ports, isDurable: false)
    nodes[code] = try Node(store: store)
  }

  /// Digests of everything that a node holds, by key.
  func holdings(_ code: String) throws -> [RecordKey: Digest] {
    try #require(nodes[code]).store.read { snapshot in
      var all: [RecordKey: Digest] = [:]
      try snapshot.records { all[$0.record.key] = $0.digest }
      return all
    }
  }

  /// Whether both ends keep the fingerprint that their entries add up to.
  func expectFingerprintsTrue(_ codes: [String]) throws {
    for code in codes {
      try #require(nodes[code]).store.read { snapshot in
        for link in try snapshot.allLinks() {
          var sum = Fingerprint()
          try snapshot.stream(link.id, after: -1) { one in
            if let agreed = one.entry.agreed, !one.entry.hasLeft { sum.add(agreed) }
            return true
          }
          #expect(sum == link.fingerprint, "\(code) to \(link.peer)")
        }
      }
    }
  }
}

extension Node {
  /// A command at this node; the answer as programs get it.
  @discardableResult
  func answer(_ words: String..., dryRun: Bool = false) throws -> JSONAnswer {
    try answer(words: words, dryRun: dryRun)
  }

  @discardableResult
  func answer(words: [String], dryRun: Bool = false) throws -> JSONAnswer {
    let two = words.count > 1 ? OperationTable.find(noun: words[0], verb: words[1]) : nil
    let type = try #require(two ?? OperationTable.find(noun: words[0], verb: ""), "\(words)")
    let arguments = try Arguments(
      words: Array(words.dropFirst(two == nil ? 1 : 2)), parameters: type.spec.parameters)
    return try Node.answer(
      type, arguments, OperationContext(node: self, operatorName: "test", dryRun: dryRun))
  }

  private static func answer<One: NodeCore.Operation>(
    _ type: One.Type, _ arguments: Arguments, _ context: OperationContext
  ) throws -> JSONAnswer {
    let answer = try context.perform(type, arguments)
    for language in Language.allCases { #expect(!answer.text(language).isEmpty) }
    return JSONAnswer(
      value: try JSONSerialization.jsonObject(with: Data(AnswerJSON.encode(answer))))
  }

  /// Publishes items, all in one transaction.
  @discardableResult
  func publish(_ names: some Sequence<Int>, title: String = "item") throws -> [RecordKey] {
    try store.write { transaction in
      try names.map { number in
        let key = RecordKey.item(site, externalID: "\(site)/\(number)")
        var edit = RecordEdit(key)
        edit.set(ItemField.title.rawValue, "\(title) \(number)")
        edit.set(ItemField.body.rawValue, "<p>\(number * 7919)</p>")
        edit[ItemRecord.Cell.life] = .rung(Rung(epoch: 1, rung: LifeRung.published.rawValue))
        try transaction.write(edit)
        return key
      }
    }
  }
}
