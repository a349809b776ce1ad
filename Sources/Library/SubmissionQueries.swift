import Replication
import SiteGroup
import Storage

extension Snapshot {
  /// Every submission that is known here, the newest offer first.
  package func submissions() throws -> [SubmissionRecord] {
    var found: [SubmissionRecord] = []
    try records(of: .submission) { stored in
      // A part of a record may come before the rest of it.
      let submission = SubmissionRecord(stored.record)
      if submission.item != nil, submission.column != nil { found.append(submission) }
    }
    return found.sorted {
      $0.offeredAt != $1.offeredAt ? $0.offeredAt > $1.offeredAt : $0.key < $1.key
    }
  }

  /// What was offered; nil where it has not come yet.
  package func content(of submission: SubmissionRecord) throws -> SnapshotRecord? {
    guard let key = submission.snapshot else { return nil }
    return SnapshotRecord(try record(key)?.record)
  }
}

extension Directory {
  /// A column of a site above this one: by path at the nearest that has it, by `CODE:PATH`, or by
  /// id. Nil where the text names a column that is not above.
  package func columnAbove(_ text: String) throws(ColumnFault) -> ColumnRecord? {
    let above = tree.above(site)
    for code in above { if let column = column(code, path: text) { return column } }
    do throws(ColumnFault) {
      let column = try resolve(text)
      return above.contains(column.owner) ? column : nil
    } catch {
      guard case .unknown = error else { throw error }
      throw .unknown(above.flatMap { code in columns(of: code).map { "\(code):\($0.path)" } })
    }
  }
}
