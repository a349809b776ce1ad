import SyncProtocol

/// What one session came to.
package struct SyncReport: Sendable, Equatable {
  /// Records that the other end accepted.
  package var pushed = 0
  package var pulled = 0
  /// Records of the push that the upstream refused, in part or whole.
  package var refused = 0
  /// Records of the pull that were set aside here.
  package var setAside = 0
  package var ending = SyncSession.Ending.exchanged

  package init() {}

  package var isInStep: Bool { ending == .inStep }
}
