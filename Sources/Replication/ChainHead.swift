import Bytes

/// The last entry of an audit chain: its number, counted from 1, and its digest, which covers all
/// entries before it.
package struct ChainHead: Sendable, Equatable {
  package let number: Int64
  package let digest: Digest

  /// Before the first entry.
  package static let none = ChainHead(number: 0, digest: .zero)

  package init(number: Int64, digest: Digest) {
    self.number = number
    self.digest = digest
  }
}
