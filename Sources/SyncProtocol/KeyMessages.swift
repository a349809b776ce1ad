import Bytes
import Replication

/// `POST /sync/v1/key`, signed with the present key of the link: 0 version · 33 nonce (16 octets).
package struct KeyRequest: Sendable, Equatable {
  package let nonce: [UInt8]

  package init(nonce: [UInt8]) { self.nonce = nonce }

  package init(_ body: [UInt8]) throws(Malformed) {
    let fields = try MessageFields(whole: body)
    try fields.checkVersion()
    nonce = try fields.nonce(33)
  }

  package var body: [UInt8] {
    var fields = MessageFields()
    fields.set(0, SyncLimits.version)
    fields.set(33, nonce)
    return fields.message
  }
}

/// The answer: 0 version · 5 time · 39 server's nonce.
package struct KeyResponse: Sendable, Equatable {
  package let time: Int64
  package let nonce: [UInt8]

  package init(time: Int64, nonce: [UInt8]) {
    self.time = time
    self.nonce = nonce
  }

  package init(_ body: [UInt8]) throws(Malformed) {
    let fields = try MessageFields(whole: body)
    try fields.checkVersion()
    time = try fields.integer(5)
    nonce = try fields.nonce(39)
  }

  package var body: [UInt8] {
    var fields = MessageFields()
    fields.set(0, SyncLimits.version)
    fields.set(5, time)
    fields.set(39, nonce)
    return fields.message
  }

  /// The link's next key, which never travels: HKDF(present key, nonce ‖ server's nonce,
  /// [“sitegroup key 2”, code, server's code]), always with SHA-256.
  package static func key(
    after present: [UInt8], _ clientNonce: [UInt8], _ serverNonce: [UInt8], of client: SiteCode,
    at server: SiteCode
  ) -> [UInt8] {
    let info: [CBORValue] = [
      .string("sitegroup key 2"), .string(client.text), .string(server.text),
    ]
    return DigestAlgorithm.sha256.hkdf(
      secret: present, salt: clientNonce + serverNonce, info: CBORValue.array(info).canonical,
      count: 32)
  }
}
