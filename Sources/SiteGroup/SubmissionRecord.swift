import Replication

/// 报送件: an offer of an item to a column of the upstream, to be adopted or returned.
package struct SubmissionRecord: RecordView {
  package static let kind = RecordKind.submission
  package let record: Record
  package init(_ record: Record) { self.record = record }

  package enum Cell {
    package static let item = "item"
    package static let column = "column"
    package static let snapshot = "snapshot"
    package static let offeredAt = "offered_at"
    package static let note = "note"
    /// The decision, written by the column's owner.
    package static let verdict = "review/verdict"
    package static let opinion = "review/opinion"
    package static let reviewer = "review/reviewer"
    package static let reviewedAt = "review/at"
    package static let reviewPrefix = "review/"
  }

  package enum State: UInt64, Sendable {
    case offered = 0
    case returned = 1
    case adopted = 2

    package var name: String {
      switch self {
      case .offered: "offered"
      case .returned: "returned"
      case .adopted: "adopted"
      }
    }
  }

  package var item: RecordKey? { record.value(Cell.item) }
  package var column: RecordKey? { record.value(Cell.column) }
  package var snapshot: RecordKey? { record.value(Cell.snapshot) }
  package var offeredAt: Int64 { record.value(Cell.offeredAt) ?? 0 }
  package var note: String { record.value(Cell.note) ?? "" }
  package var opinion: String { record.value(Cell.opinion) ?? "" }
  package var reviewer: String { record.value(Cell.reviewer) ?? "" }
  package var reviewedAt: Int64? { record.value(Cell.reviewedAt) }
  package var state: State {
    record.rung(Cell.verdict).flatMap { State(rawValue: $0.rung) } ?? .offered
  }
}

/// The content of an item as it was offered: immutable, named by its content's digest.
package struct SnapshotRecord: RecordView {
  package static let kind = RecordKind.snapshot
  package let record: Record
  package init(_ record: Record) { self.record = record }

  package enum Cell { package static let item = "item" }

  package var item: RecordKey? { record.value(Cell.item) }
  package func field(_ field: ItemField) -> String { record.value(field.rawValue) ?? "" }
}
