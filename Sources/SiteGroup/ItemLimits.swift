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
  package static let importLinesPerTransaction = 500
  package static let importOctetsPerTransaction = 16 << 20
  /// What is dated earlier than so long before it enters is warned of.
  package static let backDatedMilliseconds: Int64 = 30 * 86_400_000
}
