import Foundation
import NodeCore
import Replication
import SiteGroup
import Storage
import Testing

/// Commands at the nodes of a group, as from the command line.
extension Group {
  @discardableResult
  func run(_ code: String, dryRun: Bool = false, _ words: String...) throws -> JSONAnswer {
    try run(code, words: words, dryRun: dryRun)
  }

  func refusal(_ code: String, _ words: String...) throws -> Reason? {
    do {
      _ = try run(code, words: words)
    } catch let refusal as Refusal {
      return refusal.reason
    }
    return nil
  }

  @discardableResult
  func run(
    _ code: String, words: [String], dryRun: Bool = false
  ) throws -> JSONAnswer {
    let two = words.count > 1 ? OperationTable.find(noun: words[0], verb: words[1]) : nil
    let type = try #require(two ?? OperationTable.find(noun: words[0], verb: ""), "\(words)")
    let arguments = try Arguments(
      words: Array(words.dropFirst(two == nil ? 1 : 2)), parameters: type.spec.parameters)
    let node = try #require(nodes[code])
    let context = OperationContext(
      node: node, operatorName: "editor \(code)", dryRun: dryRun)
    return try Group.answer(of: type, arguments, context)
  }

  private static func answer<One: NodeCore.Operation>(
    of type: One.Type, _ arguments: Arguments, _ context: OperationContext
  ) throws -> JSONAnswer {
    let answer = try context.perform(type, arguments)
    for language in Language.allCases { #expect(!answer.text(language).isEmpty) }
    let bytes = AnswerJSON.encode(answer)
    #expect(AnswerJSON.encode(try AnswerJSON.decode(One.Output.self, from: bytes)) == bytes)
    return JSONAnswer(value: try JSONSerialization.jsonObject(with: Data(bytes)))
  }

  /// Writes an edit at a node, as its site.
  func write(_ code: String, _ edit: RecordEdit) throws {
    try #require(nodes[code]).store.write { try $0.write(edit) }
  }

  func record(_ code: String, _ key: RecordKey) throws -> StoredRecord? {
    try #require(nodes[code]).store.read { try $0.record(key) }
  }

  /// Sessions of these children with one upstream, one after the other.
  func sync(_ codes: [String], _ parent: String) throws {
    for code in codes { #expect(try sync(code, parent).isInStep, "\(code)") }
  }
}
