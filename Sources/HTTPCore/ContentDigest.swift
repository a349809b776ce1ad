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

  /// Whether the field names the digest of `body` by this algorithm. Digests by other algorithms
  /// beside it are not looked at.
  package static func matches(
    _ fields: HTTPFields, body: [UInt8], _ algorithm: DigestAlgorithm
  ) -> Bool {
    guard let named = named(fields, algorithm) else { return false }
    return constantTimeEqual(named, algorithm.digest(body).bytes)
  }

  /// The digest that the field names; nil without one.
  static func named(_ fields: HTTPFields, _ algorithm: DigestAlgorithm) -> [UInt8]? {
    guard let dictionary = StructuredFieldParser.dictionary("content-digest", in: fields),
      case .item(let item) = dictionary[algorithm.name], case .octets(let octets) = item.value
    else { return nil }
    return octets
  }
}
