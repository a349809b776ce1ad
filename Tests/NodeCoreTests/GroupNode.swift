import Bytes
import Foundation
import Library
import NodeCore
import Replication
import SiteGroup
import Storage
import Testing

/// A node in a directory of its own, with a clock that stands still until it is moved. Commands
/// run as from the command line; answers are read as the JSON that programs get.
final class GroupNode {
  let node: Node
  let directory: URL
  let time: Lock<Int64>

  init(
    _ code: String, kind: SiteKind = .central, settings: NodeSettings = NodeSettings(),
    isRegistered: Bool = true
  ) throws {
    let site = try #require(SiteCode(code))
    directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let time = Lock<Int64>(1_700_000_000_000)
    let count = Lock<UInt8>(0)
    self.time = time
    let ports = StorePorts(
      now: { time.withLock { $0 } },
      random: { octets in
        count.withLock { $0 &+= 1 }
        let head = count.withLock { $0 }
        return (0..<octets).map { head &* 37 &+ UInt8($0) }
      })
    let store = try Store(
      path: directory.appendingPathComponent("store.sqlite").path,
      creating: StoreIdentity(site: site, algorithm: .sha256), ports: ports, isDurable: false)
    node = try Node(store: store, settings: settings)
    if isRegistered {
      _ = try node.store.write {
        try $0.write(
          SiteRecord.register(site, name: "site \(code)", kind: kind, state: .enrolled, by: site))
      }
    }
  }

  deinit { try? FileManager.default.removeItem(at: directory) }

  func advance(minutes: Int64) { time.withLock { $0 += minutes * 60_000 } }

  static func demo(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Scripts/demo.d/\(name)").path
  }

  func file(_ name: String, _ text: String) throws -> String {
    let file = directory.appendingPathComponent(name)
    try text.write(to: file, atomically: true, encoding: .utf8)
    return file.path
  }

  @discardableResult
  func run(_ words: String..., dryRun: Bool = false) throws -> JSONAnswer {
    try run(words: words, dryRun: dryRun)
  }

  func refusal(_ words: String...) throws -> Refusal {
    do {
      _ = try run(words: words, dryRun: false)
    } catch let refusal as Refusal {
      return refusal
    }
    Issue.record("\(words) was not refused")
    return Refusal(.internal)
  }

  @discardableResult
  func run(words: [String], dryRun: Bool = false) throws -> JSONAnswer {
    let two = words.count > 1 ? OperationTable.find(noun: words[0], verb: words[1]) : nil
    let type = try #require(two ?? OperationTable.find(noun: words[0], verb: ""), "\(words)")
    let arguments = try Arguments(
      words: Array(words.dropFirst(two == nil ? 1 : 2)), parameters: type.spec.parameters)
    let context = OperationContext(node: node, operatorName: "test", dryRun: dryRun)
    let answer = try GroupNode.answer(of: type, arguments, context)
    if type.spec.changes { try expectPermitted(after: words) }
    return answer
  }

  /// An operation refuses first: what this site has written it may write, by the table that its
  /// neighbours go by.
  private func expectPermitted(after words: [String]) throws {
    try node.store.read { snapshot in
      let permissions = node.library.directory.permissions
      try snapshot.records { stored in
        for (name, cell) in stored.record.cells
        where cell.stamps.contains(where: { $0.author == node.site }) {
          #expect(
            permissions.mayWrite(node.site, name, of: stored.record),
            "\(words) wrote \(name) of \(stored.record.key)")
        }
      }
    }
  }

  private static func answer<One: NodeCore.Operation>(
    of type: One.Type, _ arguments: Arguments, _ context: OperationContext
  ) throws -> JSONAnswer {
    let answer = try context.perform(type, arguments)
    for language in Language.allCases { #expect(!answer.text(language).isEmpty) }
    let bytes = AnswerJSON.encode(answer)
    let read = try AnswerJSON.decode(One.Output.self, from: bytes)
    #expect(AnswerJSON.encode(read) == bytes)
    return JSONAnswer(value: try JSONSerialization.jsonObject(with: Data(bytes)))
  }
}

/// A JSON value, read without ceremony.
struct JSONAnswer: Equatable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral
{
  let value: Any?

  init(value: Any?) { self.value = value }
  init(stringLiteral value: String) { self.value = value }
  init(integerLiteral value: Int) { self.value = value }
  init(booleanLiteral value: Bool) { self.value = value }

  subscript(_ name: String) -> JSONAnswer { JSONAnswer(value: (value as? [String: Any])?[name]) }
  subscript(_ index: Int) -> JSONAnswer {
    let list = value as? [Any] ?? []
    return JSONAnswer(value: list.indices.contains(index) ? list[index] : nil)
  }
  var list: [JSONAnswer] { (value as? [Any] ?? []).map { JSONAnswer(value: $0) } }
  var count: Int { list.count }
  var string: String { value as? String ?? "" }
  var strings: [String] { list.map(\.string) }
  var int: Int? { (value as? NSNumber)?.intValue }
  var isMissing: Bool { value == nil || value is NSNull }

  static func == (a: JSONAnswer, b: JSONAnswer) -> Bool {
    switch (a.value, b.value) {
    case (nil, nil): true
    case (let a as NSObject, let b as NSObject): a.isEqual(b)
    case (let a?, let b?): String(describing: a) == String(describing: b)
    default: false
    }
  }
}
