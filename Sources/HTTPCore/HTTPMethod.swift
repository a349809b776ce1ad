/// A request method: a token, case-sensitive. RFC 9110 §9.1.
package struct HTTPMethod: Hashable, Sendable, CustomStringConvertible {
  package let name: String

  package init?(_ name: String) {
    guard !name.isEmpty, name.utf8.allSatisfy(OctetSet.token.contains) else { return nil }
    self.name = name
  }

  private init(known name: String) { self.name = name }

  package var description: String { name }

  /// RFC 9110 §9.2.2: sending it twice intends what sending it once does.
  package var isIdempotent: Bool {
    [.get, .head, .put, .delete, .options, .trace].contains(self)
  }

  package static let get = HTTPMethod(known: "GET")
  package static let head = HTTPMethod(known: "HEAD")
  package static let post = HTTPMethod(known: "POST")
  package static let put = HTTPMethod(known: "PUT")
  package static let delete = HTTPMethod(known: "DELETE")
  package static let options = HTTPMethod(known: "OPTIONS")
  package static let connect = HTTPMethod(known: "CONNECT")
  package static let trace = HTTPMethod(known: "TRACE")

  /// The method that these octets name, without making a string of the usual ones.
  init?(octets: ArraySlice<UInt8>) {
    if octets.count == 3, octets.starts(with: "GET") {
      self = .get
    } else if octets.count == 4, octets.starts(with: "POST") {
      self = .post
    } else {
      guard !octets.isEmpty, octets.allSatisfy(OctetSet.token.contains) else { return nil }
      name = String(decoding: octets, as: UTF8.self)
    }
  }
}
