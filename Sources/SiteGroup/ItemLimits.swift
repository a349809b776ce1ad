/// The bounds of what enters as an item; checked before it is kept.
package enum ItemLimits {
  package static let titleOctetsMax = 2000
  package static let bodyOctetsMax = 4 << 20
  package static let textOctetsMax = 16 << 10
  package static let listCountMax = 100
  package static let columnsMax = 64
  package static let attachmentsMax = 100
  package static let attachmentOctetsMax: Int64 = 2 << 30
  package static let externalIDOctetsMax = 512
  /// One line of an import; a body may be twice as long when escaped.
  package static let lineOctetsMax = 10 << 20
  /// The first transaction of an import is small, so that what it brings is soon under way; each
  /// further one is twice as large, up to the second of these, while nobody waits for the store.
  package static let importLinesFirst = 100
  package static let importLinesMax = 1_000
  package static let importOctetsPerTransaction = 16 << 20
  /// What is dated earlier than so long before it enters is warned of.
  package static let backDatedMilliseconds: Int64 = 30 * 86_400_000
}
