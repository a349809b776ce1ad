import Library
import Storage

extension OperationContext {
  package func read<T>(_ body: (Snapshot, SiteLibrary) throws -> T) throws -> T {
    try node.store.read { try body($0, node.library) }
  }

  /// One transaction; with `--dry-run` everything happens in it and nothing is kept.
  package func change<T>(_ body: (Transaction, SiteLibrary) throws -> T) throws -> T {
    if dryRun { return try node.store.rehearse { try body($0, node.library) } }
    return try node.store.write { transaction in
      if let act {
        try transaction.noteUse(of: operatorName)
        transaction.attribute(to: act)
      }
      return try body(transaction, node.library)
    }
  }
}
