import Bytes
import Replication

/// What the rows of the store that are nobody's derivation come to, kept in the transactions that
/// write them: a row changed, added or taken away by anything else no longer adds up.
package struct StoreSeal: Hashable, Sendable {
  /// Tables whose rows are sealed. The number is part of each row's seal.
  package enum Part: Int, CaseIterable, Sendable {
    case records = 0
    case versions = 1
    case drafts = 2
    case operators = 3

    package var table: String {
      switch self {
      case .records: "records"
      case .versions: "versions"
      case .drafts: "drafts"
      case .operators: "operators"
      }
    }
  }

  private var parts = Array(repeating: Fingerprint(), count: Part.allCases.count)

  package init() {}

  package subscript(part: Part) -> Fingerprint {
    get { parts[part.rawValue] }
    set { parts[part.rawValue] = newValue }
  }

  /// Of each part: count in 8 octets, sum in 32.
  package var octets: [UInt8] {
    parts.flatMap { part in
      (0..<8).map { UInt8(truncatingIfNeeded: part.count >> (56 - 8 * $0)) } + part.sum.bytes
    }
  }

  private static let partOctets = 40

  package init?(_ octets: [UInt8]) {
    guard octets.count == Self.partOctets * Part.allCases.count else { return nil }
    for part in Part.allCases {
      let start = part.rawValue * Self.partOctets
      let count = octets[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      guard let sum = DigestSum(Array(octets[start + 8..<start + Self.partOctets])) else {
        return nil
      }
      parts[part.rawValue] = Fingerprint(count: Int(truncatingIfNeeded: count), sum: sum)
    }
  }
}

/// Seals single rows, so that the one that was written by anything else is named. The key lies in
/// the store: a hurdle. What proves is the seal of the whole, which the audit chain carries.
package struct RowSealer: Sendable {
  private let hash: SipHash

  package init?(key: [UInt8]) {
    guard let hash = SipHash(key: key) else { return nil }
    self.hash = hash
  }

  /// `time`: what the row says of when it was written.
  package func seal(_ part: StoreSeal.Part, _ digest: Digest, _ time: Int64) -> Int64 {
    let words = digest.words
    return Int64(
      bitPattern: hash.digest(
        [
          UInt64(part.rawValue), words.0, words.1, words.2, words.3, UInt64(bitPattern: time),
        ], byteCount: 48))
  }
}
