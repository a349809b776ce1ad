import Bytes
import Replication

extension SnapshotRecord {
  /// Pins an item's content as it stands: its texts and times. Named by what it holds, so the same
  /// content is the same record.
  package static func pinning(_ item: ItemRecord, by site: SiteCode) -> RecordEdit {
    var content: [String: [UInt8]] = [Cell.item: item.key.canonical]
    for field in ItemField.allCases where !item.field(field).isEmpty {
      content[field.rawValue] = item.field(field).canonical
    }
    for field in ItemTimeField.allCases {
      if let time = item.time(field) { content[field.rawValue] = time.canonical }
    }
    var edit = RecordEdit(key(of: content, by: site))
    for (name, value) in content { edit[name] = .latest(value) }
    return edit
  }

  /// Whether it holds what its key names: false where its owner wrote into it afterwards.
  package var isIntact: Bool {
    var content: [String: [UInt8]] = [:]
    for name in record.names {
      guard let value = record.cell(name)?.winner else { return false }
      content[name] = value
    }
    return SnapshotRecord.key(of: content, by: owner) == key
  }

  package func time(_ field: ItemTimeField) -> Int64? { record.value(field.rawValue) }

  /// The head of the SHA-256 of names and values, whatever the tree's digest is.
  private static func key(of content: [String: [UInt8]], by site: SiteCode) -> RecordKey {
    let names = content.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    var writer = CBORWriter()
    writer.array(names.count * 2)
    for name in names {
      writer.text(name)
      writer.octets(content[name] ?? [])
    }
    return RecordKey(
      owner: site, kind: .snapshot, id: RecordID(head: DigestAlgorithm.sha256.digest(writer.bytes)))
  }
}

extension SubmissionRecord {
  /// One content offered to one column by one site: the same offer is the same record.
  package static func key(
    offering snapshot: RecordKey, to column: RecordKey, by site: SiteCode
  ) -> RecordKey {
    .named(.submission, of: site, by: column.description, snapshot.description)
  }

  package static func offering(
    _ item: RecordKey, as snapshot: RecordKey, to column: RecordKey, by site: SiteCode,
    note: String, at time: Int64
  ) -> RecordEdit {
    var edit = RecordEdit(key(offering: snapshot, to: column, by: site))
    edit.set(Cell.item, item)
    edit.set(Cell.column, column)
    edit.set(Cell.snapshot, snapshot)
    edit.set(Cell.offeredAt, time)
    if !note.isEmpty { edit.set(Cell.note, note) }
    return edit
  }

  /// The verdict of the column's owner.
  package func deciding(
    _ state: State, opinion: String, by reviewer: String, at time: Int64
  ) -> RecordEdit {
    var edit = RecordEdit(key)
    edit[Cell.verdict] = .rung(Rung(epoch: 1, rung: state.rawValue))
    if !opinion.isEmpty { edit.set(Cell.opinion, opinion) }
    edit.set(Cell.reviewer, reviewer)
    edit.set(Cell.reviewedAt, time)
    return edit
  }

  /// Makes the item stand in the column as it was offered; what an earlier adoption pinned gives
  /// way. An item that the column's owner had hidden shows again.
  package func placing(
    _ item: RecordKey, in column: RecordKey, over old: PlacementRecord?
  ) -> RecordEdit {
    let cause = PlacementCause(site: column.owner, kind: .submission, id: id)
    var edit = PlacementRecord.edit(item, in: column, cause: cause, path: [])
    if let snapshot { edit.set(PlacementRecord.Cell.snapshot, snapshot) }
    if old?.isHidden == true { edit.set(PlacementRecord.Cell.hide, false) }
    return edit
  }
}
