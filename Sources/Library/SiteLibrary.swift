import Replication
import Storage

/// The followers of one node and what is asked of them. `@unchecked Sendable`: everything in it is
/// used only inside `Store.read` and `Store.write`, under the store's lock.
package final class SiteLibrary: @unchecked Sendable {
  package let directory: Directory
  package let placements = PlacementTable()
  package let itemColumns = ItemColumns()
  package let scope: LinkScope

  package init(site: SiteCode) {
    directory = Directory(site: site)
    scope = LinkScope(directory: directory)
  }

  /// In the order in which they read each change.
  package var followers: [any Follower] { [directory, placements, itemColumns, scope] }
}
