/// The algorithm that all digests of one tree are made with; the raw value travels in messages.
package enum DigestAlgorithm: UInt8, Sendable, CaseIterable {
  case sha256 = 1
  case sm3 = 2

  package var name: String {
    switch self {
    case .sha256: "sha-256"
    case .sm3: "sm3"
    }
  }

  package init?(name: String) {
    guard let found = Self.allCases.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
      return nil
    }
    self = found
  }

  package func digest(_ bytes: [UInt8]) -> Digest {
    bytes.withUnsafeBytes { digest($0) }
  }

  package func digest(_ bytes: ArraySlice<UInt8>) -> Digest {
    bytes.withUnsafeBytes { digest($0) }
  }

  package func digest(_ bytes: UnsafeRawBufferPointer) -> Digest {
    var stream = DigestStream(self)
    stream.update(bytes)
    return stream.finish()
  }

  /// A keyed digest of 32 bytes. RFC 2104.
  package func hmac(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    let short = key.count > DigestStream.blockByteCount ? digest(key).bytes : key
    var inner = DigestStream(self)
    var outer = DigestStream(self)
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: DigestStream.blockByteCount) { pad in
      for place in pad.indices {
        pad.initializeElement(at: place, to: (place < short.count ? short[place] : 0) ^ 0x36)
      }
      inner.update(UnsafeRawBufferPointer(pad))
      for place in pad.indices { pad[place] ^= 0x36 ^ 0x5c }
      outer.update(UnsafeRawBufferPointer(pad))
    }
    inner.update(message)
    outer.update(inner.finish())
    return outer.finish().bytes
  }

  /// `count` bytes of key material, at most 255 digests long. RFC 5869.
  package func hkdf(secret: [UInt8], salt: [UInt8], info: [UInt8], count: Int) -> [UInt8] {
    precondition(count >= 0 && count <= 255 * Digest.byteCount)
    let pseudorandomKey = hmac(key: salt, secret)
    var output: [UInt8] = []
    var block: [UInt8] = []
    var number: UInt8 = 0
    while output.count < count {
      number += 1
      block = hmac(key: pseudorandomKey, block + info + [number])
      output += block
    }
    return Array(output.prefix(count))
  }
}
