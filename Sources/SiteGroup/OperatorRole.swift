/// What an operator may be. A person may be several. 办法 Art. 13.
package enum OperatorRole: String, Sendable, CaseIterable, Comparable {
  /// Writes items, as drafts.
  case editor
  /// Decides on what others submit.
  case reviewer
  /// Makes public, moves, takes back.
  case publisher
  /// The node, its sites, columns, keys and operators; no content.
  case administrator
  /// Reads everything, changes nothing.
  case auditor

  package static func < (a: OperatorRole, b: OperatorRole) -> Bool {
    allCases.firstIndex(of: a) ?? 0 < allCases.firstIndex(of: b) ?? 0
  }
}

/// Which roles may do what: the one table, by the operation's name; with an option behind it, what
/// that option needs besides.
package enum OperatorRights {
  private static let publishers: [OperatorRole] = [.publisher]
  private static let editors: [OperatorRole] = [.editor]
  private static let reviewers: [OperatorRole] = [.reviewer]
  private static let administrators: [OperatorRole] = [.administrator]
  private static let overseers: [OperatorRole] = [.administrator, .auditor]
  private static let all = OperatorRole.allCases

  private static let table: [String: [OperatorRole]] = [
    "item add": editors,
    "item add --publish": publishers,
    "item edit": editors,
    editPublished: publishers,
    "item import": publishers,
    "item publish": publishers,
    "item withdraw": publishers,
    "item reissue": publishers,
    "item archive": publishers,
    "item hold": publishers,
    "item release": publishers,
    "item purge": administrators,
    "place": publishers,
    "unplace": publishers,
    "submit": publishers,
    "repost issue": publishers,
    "repost run": publishers,
    "repost lift": publishers,
    "repost waive": publishers,
    "conflicts restore": editors,
    "review adopt": reviewers,
    "review return": reviewers,
    "page publish": publishers,
    "page check": all,
    "page check --repair": publishers,
    "sync": [.editor, .reviewer, .publisher, .administrator],
    "verify": all,
    "verify --repair": administrators,
    "doctor": all,
    "audit list": overseers,
    "audit verify": overseers,
    "audit export": overseers,
    "audit prune": administrators,
    "operator list": overseers,
    "operator check": all,
    "operator password": all,
    passwordOfOther: administrators,
  ]

  /// To change what is public already.
  package static let editPublished = "item edit, published"
  /// To set a password that is not one's own.
  package static let passwordOfOther = "operator password, of another"

  /// The roles of which one is needed. What the table does not name, an administrator may change,
  /// and everybody may read.
  package static func roles(for act: String, changes: Bool) -> [OperatorRole] {
    table[act] ?? (changes ? administrators : all)
  }

  /// What an option of the operation needs besides; nil for nothing.
  package static func roles(for operation: String, option: String) -> [OperatorRole]? {
    table["\(operation) \(option)"]
  }

  /// The operations, without their options, that the table names.
  package static var names: [String] {
    table.keys.filter { !$0.contains("--") && !$0.contains(",") }.sorted()
  }
}
