import Bytes
import Library
import Replication
import SiteGroup
import Storage

/// What the layers below say of items, as refusals.
extension Refusal {
  init(_ fault: ItemFault) {
    switch fault {
    case .missing(let field): self.init(.missingField, field)
    case .missingDate: self.init(.missingDate, "published_at")
    case .tooLong(let field, let max): self.init(.badField, field, "…", "≤ \(max) bytes")
    case .tooMany(let field, let max): self.init(.badField, field, "…", "≤ \(max)")
    case .notPublic(let disclosure): self.init(.notPublic, disclosure)
    case .badValue(let field, let value, let expected):
      self.init(.badField, field, value, expected)
    }
  }

  init(_ fault: ItemRefusal, _ item: ItemRecord) {
    let id = item.id.description
    switch fault {
    case .purged: self.init(.wrongState, id, "purged", "published")
    case .notPublished: self.init(.notPublished, id)
    case .withdrawn: self.init(.alreadyWithdrawn, id)
    case .ownItem: self.init(.ownItem, id)
    case .notAbove: self.init(.notOwner, id, item.origin.text)
    case .notWithdrawn: self.init(.wrongState, id, "not withdrawn by this site", "withdrawn")
    case .notHeld: self.init(.wrongState, id, "not held by this site", "held")
    case .lastEpoch: self.init(.wrongState, id, "in its last epoch", "in an earlier epoch")
    }
  }

  init(_ fault: ItemLineFault) {
    switch fault {
    case .tooLong: self.init(.lineTooLong, String(ItemLimits.lineOctetsMax))
    case .notUTF8(let offset): self.init(.badText, String(offset + 1))
    case .malformed(let malformed):
      self.init(.badJSON, String(malformed.offset + 1))
    case .missing(let field): self.init(.missingField, field)
    case .badField(let field, let value, let expected):
      self.init(.badField, field, value, expected)
    }
  }

  init(_ fault: FindFault) {
    switch fault {
    case .unknown(let text): self.init(.unknownID, text)
    case .ambiguous(let text, let ids): self.init(.ambiguousID, text, ids.joined(separator: " "))
    }
  }
}

extension Snapshot {
  /// The record that an argument names.
  package func key(of kind: RecordKind, named text: String) throws -> RecordKey {
    do { return try find(kind, text) } catch let fault as FindFault { throw Refusal(fault) }
  }

  /// An item that is here and is no mere draft.
  func item(named text: String) throws -> (stored: StoredRecord, item: ItemRecord) {
    let key = try key(of: .item, named: text)
    guard let stored = try record(key) else {
      throw Refusal(.notPublished, key.id.description)
    }
    return (stored, ItemRecord(stored.record))
  }
}
