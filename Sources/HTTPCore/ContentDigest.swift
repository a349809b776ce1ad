import Bytes

/// The Content-Digest field, RFC 9530 §2.
package enum ContentDigest {
  /// `sha-256=:…:` or `sm3=:…:`.
  package static func value(of body: [UInt8], _ algorithm: DigestAlgorithm) -> String {
    if body.isEmpty { return algorithm == .sha256 ? ofNothing.sha256 : ofNothing.sm3 }
    return written(algorithm, body)
  }

  /// Most answers have no body.
  private static let ofNothing = (sha256: written(.sha256, []), sm3: written(.sm3, []))

  private static func written(_ algorithm: DigestAlgorithm, _ body: [UInt8]) -> String {
    "\(algorithm.name)=:\(Base64.encode(algorithm.digest(body).bytes)):"
  }

  /// Whether the field names the digest of `body`, in a tree of this algorithm. One that counts
  /// must be there: the tree's, or SHA-512 in the place of SHA-256. Every other that is known must
  /// be right, too; unknown ones are not looked at. RFC 9530 §2.
  package static func matches(
    _ fields: HTTPFields, body: [UInt8], _ algorithm: DigestAlgorithm
  ) -> Bool {
    guard let dictionary = StructuredFieldParser.dictionary("content-digest", in: fields) else {
      return false
    }
    var counts = false
    for known in Known.allCases {
      guard let member = dictionary[known.rawValue] else { continue }
      guard case .item(let item) = member, case .octets(let named) = item.value,
        constantTimeEqual(named, known.digest(of: body))
      else { return false }
      counts = counts || known.counts(in: algorithm)
    }
    return counts
  }

  private enum Known: String, CaseIterable {
    case sha256 = "sha-256"
    case sha512 = "sha-512"
    case sm3

    func digest(of body: [UInt8]) -> [UInt8] {
      switch self {
      case .sha256: DigestAlgorithm.sha256.digest(body).bytes
      case .sha512: SHA512.digest(body)
      case .sm3: DigestAlgorithm.sm3.digest(body).bytes
      }
    }

    func counts(in algorithm: DigestAlgorithm) -> Bool {
      switch self {
      case .sha256, .sha512: algorithm == .sha256
      case .sm3: algorithm == .sm3
      }
    }
  }
}
