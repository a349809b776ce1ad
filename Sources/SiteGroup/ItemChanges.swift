import Replication

/// What somebody gives for an item: only the fields that are given. Empty text clears a field.
package struct ItemChanges: Equatable, Sendable {
  package var texts: [ItemField: String] = [:]
  /// Nil clears a time.
  package var times: [ItemTimeField: Int64?] = [:]
  package var lists: [ItemListField: [String]] = [:]
  /// All attachments after the change.
  package var attachments: [Attachment]?

  package init() {}

  package var isEmpty: Bool { 
    texts.isEmpty && times.isEmpty && lists.isEmpty && attachments == nil
  }

  /// The fields that a record of an item or of its draft holds.
  package init(of item: ItemRecord) {
    for field in ItemField.allCases { texts[field] = item.record.value(field.rawValue) }
    for field in ItemTimeField.allCases where item.record.cell(field.rawValue) != nil {
      times[field] = .some(item.time(field))
    }
    for field in ItemListField.allCases { lists[field] = item.record.value(field.rawValue) }
    attachments = item.record.value(Record.attachmentsCell)
  }

  /// Writes the fields into an edit: those of a co-edited item so that no concurrent value is lost.
  /// Times stay with the origin.
  package func write(into edit: inout RecordEdit, isCoedited: Bool) {
    func set(_ name: String, _ value: some CellValue) {
      edit[name] = isCoedited ? .coedited(value.canonical) : .latest(value.canonical)
    }
    for (field, text) in texts { set(field.rawValue, text) }
    for (field, list) in lists { set(field.rawValue, list) }
    if let attachments { set(Record.attachmentsCell, attachments) }
    for (field, time) in times {
      if let time { edit.set(field.rawValue, time) } else { edit.set(field.rawValue, false) }
    }
  }

  /// Leaves out what says nothing: empty fields that the item does not have anyway.
  package func without(emptyFieldsNotIn item: ItemRecord?) -> ItemChanges {
    func has(_ name: String) -> Bool { item?.record.cell(name) != nil }
    var changes = self
    changes.texts = texts.filter { !$0.value.isEmpty || has($0.key.rawValue) }
    changes.times = times.filter { $0.value != nil || has($0.key.rawValue) }
    changes.lists = lists.filter { !$0.value.isEmpty || has($0.key.rawValue) }
    if attachments?.isEmpty == true, !has(Record.attachmentsCell) { changes.attachments = nil }
    return changes
  }
}

/// 草稿: the working copy of an item, as the cells that publishing will write. Never replicated.
///
/// Its record has the item's key and the item's cells, and the columns that it is to stand in as
/// one cell of its own.
package struct ItemDraft: Sendable {
  package let record: Record

  package init(_ record: Record) { self.record = record }

  package enum Cell {
    package static let columns = "columns"
    /// Present in every draft, so that one without fields is a record too.
    package static let draft = "draft"
  }

  package var key: RecordKey { record.key }
  package var item: ItemRecord { ItemRecord(record) }
  package var columns: [RecordKey] { record.value(Cell.columns) ?? [] }
  package var isCoedited: Bool { item.isCoedited }

  /// A draft after an edit of it; stamps mean nothing here.
  package static func writing(
    _ changes: ItemChanges, columns: [RecordKey]? = nil, isCoedited: Bool = false,
    externalID: String? = nil, over old: ItemDraft?, key: RecordKey
  ) -> ItemDraft {
    var edit = RecordEdit(key)
    changes.write(into: &edit, isCoedited: false)
    edit.set(Cell.draft, true)
    if let columns { edit.set(Cell.columns, columns) }
    if isCoedited { edit.set(ItemRecord.Cell.coedited, true) }
    if let externalID { edit.set(ItemRecord.Cell.externalID, externalID) }
    let stamp = Stamp(time: 0, author: key.owner)
    guard let record = Record.writing(edit, over: old?.record, as: stamp) ?? old?.record else {
      preconditionFailure("a draft has a cell of its own")
    }
    return ItemDraft(record)
  }
}
