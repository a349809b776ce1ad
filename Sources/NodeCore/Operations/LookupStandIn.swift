import Replication
import SiteGroup
import Storage

extension OperationContext {
  func text(of time: Int64) -> String {
    Timestamp.format(time, offsetMinutes: node.settings.timeZoneOffsetMinutes)
  }
}

extension Snapshot {
  func key(of kind: RecordKind, named text: String) throws -> RecordKey {
    var found: [RecordKey] = []
    try records(of: kind) { stored in
      let key = stored.record.key
      if key.id.description.hasPrefix(text.lowercased()) { found.append(key) }
    }
    guard let key = found.first else { throw Refusal(.unknownID, text) }
    if found.count > 1 { throw Refusal(.ambiguousID, text, "") }
    return key
  }

  func item(named text: String) throws -> (stored: StoredRecord, item: ItemRecord) {
    let key = try key(of: .item, named: text)
    guard let stored = try record(key) else { throw Refusal(.unknownID, text) }
    return (stored, ItemRecord(stored.record))
  }
}

enum RecordName { static let charactersMin = 4 }
