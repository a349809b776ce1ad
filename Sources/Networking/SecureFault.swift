/// Why an exchange over TLS brought no answer, as the helper tells it.
package enum SecureFault {
  /// The field of a 502 that tells the fault; no server's answer ever has it.
  package static let field = "X-Sitegroup-Fault"

  package static let unknownAuthority = "the certificate's authority is not known here"
  package static let otherName = "the certificate is for another name"
  package static let expired = "the certificate has expired"
  package static let notYetValid = "the certificate is not valid yet"
  package static let fileUnreadable = "the ca_file cannot be read"
  package static let filePassedOver = "the ca_file is not heeded by this build"
  package static let noTLS = "no TLS is spoken there"

  /// Of what Foundation and libcurl say.
  package static func words(code: Int, description: String) -> String {
    for (sign, words) in signs where description.firstRange(of: sign) != nil { return words }
    switch code {
    case -1001: return "no answer in time"
    case -1003: return "the name has no address"
    case -1004: return "Connection refused"
    case -1005: return "the connection was lost"
    default: return description.isEmpty ? "error \(code)" : description
    }
  }

  private static let signs = [
    ("self-signed certificate", unknownAuthority), ("self signed certificate", unknownAuthority),
    ("local issuer certificate", unknownAuthority), ("issuer certificate", unknownAuthority),
    ("no alternative certificate subject name", otherName),
    ("does not match target host name", otherName), ("certificate has expired", expired),
    ("not yet valid", notYetValid), ("error setting certificate file", fileUnreadable),
    ("error setting certificate verify locations", fileUnreadable),
    ("wrong version number", noTLS), ("packet length too long", noTLS),
  ]
}
