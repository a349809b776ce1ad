import Bytes

/// Holds blobs: octets named by their digest. What is unfinished is staged, apart for each source,
/// so that a false part of one neighbour never spoils another's; it becomes a blob only when it is
/// whole and sound. A directory is one; an object store may be another.
package protocol BlobStore: Sendable {
  /// The octets of a whole blob; nil where it is not here.
  func size(of digest: Digest) throws(BlobFault) -> Int64?

  /// A part of a whole blob, checked. A damaged blob is set apart, and the fault says so.
  func octets(of digest: Digest, in range: Range<Int64>) throws(BlobFault) -> [UInt8]

  /// Reads a whole blob. False where it is damaged: then it is set apart.
  func check(_ digest: Digest) throws(BlobFault) -> Bool

  /// How much is staged.
  func stagedCount(_ digest: Digest, from source: String) throws(BlobFault) -> Int64

  /// Stages more, where `offset` is what is staged already; answers what is staged now.
  @discardableResult
  func stage(
    _ octets: [UInt8], of digest: Digest, at offset: Int64, from source: String
  ) throws(BlobFault) -> Int64

  /// Makes what is staged a blob, durably. False where it is not what the digest says: then it is
  /// staged no longer.
  func finish(_ digest: Digest, size: Int64, from source: String) throws(BlobFault) -> Bool

  func dropStaged(_ digest: Digest, from source: String) throws(BlobFault)
  func remove(_ digest: Digest) throws(BlobFault)

  /// Whole blobs, in order.
  func all() throws(BlobFault) -> [Digest]
  /// What is staged, in order.
  func allStaged() throws(BlobFault) -> [(digest: Digest, source: String)]

  /// Asks the place where blobs are kept whether it can be used.
  func probe() throws(BlobFault)
  /// What the place answered last, where that was a fault.
  var lastFault: BlobFault? { get }
  /// Where blobs are kept, for people; nil for the node's own directory.
  var place: String? { get }
  /// Whole blobs that are here, and not where the configuration wants them, in order.
  func misplaced() throws(BlobFault) -> [Digest]
  /// Takes one of them there: checked there before it goes here. It can be read all the time.
  func settle(_ digest: Digest) throws(BlobFault)
}

extension BlobStore {
  package func probe() throws(BlobFault) {}
  package var lastFault: BlobFault? { nil }
  package var place: String? { nil }
  package func misplaced() throws(BlobFault) -> [Digest] { [] }
  package func settle(_ digest: Digest) throws(BlobFault) {}
}

/// What can be wrong with blobs.
package enum BlobFault: Error, Equatable, Sendable {
  case missing(Digest)
  /// Its octets are not what its digest says; it has been set apart.
  case damaged(Digest)
  case full
  case readOnly
  case input(path: String, String)
  /// The object store that keeps blobs does not answer, or cannot now; later it may.
  case unreachable(place: String, String)
  /// It answers that it will not: the configuration, or what stands there, must be mended.
  case denied(place: String, String)

  /// Whether it is about the place where blobs are kept, and not about a blob.
  package var isOfPlace: Bool {
    switch self {
    case .unreachable, .denied: true
    case .missing, .damaged, .full, .readOnly, .input: false
    }
  }
}

package enum BlobLimits {
  /// What one request carries, and what is checked at once.
  package static let chunkOctets = 1 << 20
  package static let listMax = 1_000
}
