import Replication
import SQLite
import SiteGroup
import Storage

/// Why a text names no record, or not one.
package enum FindFault: Error, Equatable, Sendable {
  case unknown(String)
  /// With some of those that it could be, as `CODE:ID`.
  case ambiguous(String, [String])
}

/// What somebody wrote to name a record: an id in base32, or the beginning of one, and perhaps its
/// owner: `CODE:ID`.
package struct RecordName: Sendable {
  package let owner: SiteCode?
  /// The least and greatest octets of ids that begin so.
  let low: [UInt8]
  let high: [UInt8]

  package static let charactersMin = 1
  private static let charactersMax = 20

  /// Nil for what cannot be an id.
  package init?(_ text: String) {
    let parts = text.utf8.split(separator: 0x3A, omittingEmptySubsequences: false)
    guard let id = parts.last, parts.count <= 2 else { return nil }
    if parts.count == 2 {
      guard let code = SiteCode(String(decoding: parts[0], as: UTF8.self)) else { return nil }
      owner = code
    } else {
      owner = nil
    }
    guard (RecordName.charactersMin...RecordName.charactersMax).contains(id.count) else {
      return nil
    }
    let text = String(decoding: id, as: UTF8.self)
    // 96 bits are 19 characters and one bit: the last is `a` or `q`.
    guard let low = RecordName.octets(text, filledWith: "a", last: "a"),
      let high = RecordName.octets(text, filledWith: "7", last: "q")
    else { return nil }
    (self.low, self.high) = (low, high)
  }

  private static func octets(
    _ text: String, filledWith character: Character, last: Character
  ) -> [UInt8]? {
    let missing = charactersMax - text.utf8.count
    if missing == 0 { return RecordID(text: text)?.octets }
    let full = text + String(repeating: character, count: missing - 1) + String(last)
    return RecordID(text: full)?.octets
  }
}

extension Snapshot {
  private static let namedMax = 5

  /// The key of the one record of the kind that the text names.
  package func find(_ kind: RecordKind, _ text: String) throws -> RecordKey {
    guard let name = RecordName(text) else { throw FindFault.unknown(text) }
    var found: [RecordKey] = []
    if let owner = name.owner {
      found = try keys(kind, owner, name)
    } else {
      try eachOwner(of: kind) { owner in
        found += try keys(kind, owner, name)
        return found.count < Snapshot.namedMax
      }
    }
    if kind == .item { found += try draftKeys(named: name).filter { !found.contains($0) } }
    guard let key = found.first else { throw FindFault.unknown(text) }
    guard found.count == 1 else {
      throw FindFault.ambiguous(text, found.map { "\($0.owner):\($0.id)" })
    }
    return key
  }

  /// Keys sort by kind, owner, id: the ids of one owner that begin alike stand together.
  private func keys(
    _ kind: RecordKind, _ owner: SiteCode, _ name: RecordName
  ) throws -> [RecordKey] {
    let head = [kind.rawValue] + owner.text.utf8 + [0]
    return try connection.all(
      """
      SELECT key FROM records WHERE key >= ? AND key <= ? AND bytes IS NOT NULL
      ORDER BY key LIMIT \(Snapshot.namedMax)
      """, [.blob(head + name.low), .blob(head + name.high)]
    ) { try key($0, 0) }
  }

  /// Every owner of records of the kind, in order; the body answers false to stop.
  private func eachOwner(of kind: RecordKind, _ body: (SiteCode) throws -> Bool) throws {
    var after = [kind.rawValue]
    while let first = try connection.first(
      "SELECT key FROM records WHERE key > ? AND key < ? ORDER BY key LIMIT 1",
      [.blob(after), .blob([kind.rawValue + 1])], { try key($0, 0) })
    {
      guard try body(first.owner) else { return }
      after = [kind.rawValue] + first.owner.text.utf8 + [1]
    }
  }
}
