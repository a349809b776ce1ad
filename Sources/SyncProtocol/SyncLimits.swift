/// The bounds of a session; checked before memory is taken.
package enum SyncLimits {
  package static let version: Int64 = 1
  /// A page ends with the record that reaches this many octets.
  package static let pageBytes = 4 << 20
  /// The greatest body of a request or response: a page, its last record and their framing.
  package static let bodyBytesMax = 16 << 20
  package static let pageRecordsMax = 5_000
  /// What one message carries is to take about so long on the line of a link, its round trip
  /// included: an order that comes up meanwhile waits for the end of it.
  package static let portionMilliseconds: Int64 = 2000
  /// How much that is before anything is known of the line, and at least.
  package static let portionBytesFirst = 64 << 10
  package static let portionBytesMin = 8 << 10
  /// A page with orders takes others up to this part of a page: they are not to delay it.
  package static let ordersPageShare = 8
  /// Keys and ranges that one request of a reconciliation names at most.
  package static let reconcileKeysMax = 4_000
  package static let reconcileRangesMax = 4_000
  /// Rounds of push and pull before a session gives up being in step.
  package static let roundsMax = 8
  package static let waitSecondsMax = 60
}
