import HTTPCore

extension SyncEndpoint {
  private static let limits = HTTPLimits()

  /// The refusal of content that says of itself that it is too large, whoever sent it.
  static func screened(_ request: HTTPRequest) -> HTTPResponse? {
    do {
      try ContentCoding.screen(request, limits)
      return nil
    } catch {
      return ContentCoding.refusal(error)
    }
  }

  /// The content of a call, ready to be read: of the protocol's type, its coding taken off.
  static func content(of request: HTTPRequest) throws(HTTPFault) -> [UInt8] {
    if request.body.isEmpty { return [] }
    if let type = request.fields["content-type"] {
      let name = type.utf8.prefix { $0 != 0x3B }.filter { $0 != 0x20 && $0 != 0x09 }
      guard String(decoding: name, as: UTF8.self).lowercased() == SyncChannel.contentType else {
        throw HTTPFault(415, "the content is not \(SyncChannel.contentType)")
      }
    }
    return try ContentCoding.decoded(request, limits).body
  }
}
