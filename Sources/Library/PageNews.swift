import Replication
import SiteGroup
import Storage

/// Tells whoever publishes pages that something has changed which pages may show. Only a hint that
/// a crash forgets: who publishes compares everything when it starts.
package final class PageNews: Follower {
  package let name = "page_news"
  package let version = 1

  private struct State {
    var revision: Int64 = 0
    var bell: (@Sendable () -> Void)?
  }
  private let state = Lock(State())

  package init() {}

  /// Rises with every change that may touch a page.
  package var revision: Int64 { state.withLock { $0.revision } }

  /// Called within the transaction that changes something: it must not ask the store.
  package func onChange(_ bell: @escaping @Sendable () -> Void) {
    state.withLock { $0.bell = bell }
  }

  /// Also for what is no change of a record: an attachment has come.
  package func note() {
    let bell = state.withLock { state in
      state.revision += 1
      return state.bell
    }
    bell?()
  }

  package func reset(in transaction: Transaction) throws {}
  package func load(from snapshot: Snapshot) throws {}

  package func follow(_ changes: [Change], in transaction: Transaction) throws {
    let touches = changes.contains { change in
      switch change.key.kind {
      case .item, .column, .placement, .site, .snapshot: true
      default: false
      }
    }
    if touches { note() }
  }
}
