/// What the audit found against the ledger. Each names what, where and how.
struct Findings: Sendable {
  /// Told, and not there; or there as it was before.
  var lost: [String] = []
  /// There, and never asked for.
  var phantom: [String] = []
  /// Asked for once, and there twice.
  var duplicate: [String] = []
  /// Not the same at all nodes.
  var apart: [String] = []
  /// How much was looked at.
  var itemsCount = 0
  var copiesCount = 0
  var filesCount = 0
  var mandatesCount = 0
  var offersCount = 0
  var recordsCount = 0

  var isClean: Bool {
    lost.isEmpty && phantom.isEmpty && duplicate.isEmpty && apart.isEmpty
  }
}
