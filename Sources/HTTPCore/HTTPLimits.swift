import Bytes

/// Every bound on what one HTTP message may hold. Each is checked before memory is taken.
package struct HTTPLimits: Sendable, Equatable {
  /// Request line or status line, without CRLF. RFC 9112 §3 recommends at least 8000.
  package var startLineBytesMax = 8_192
  /// One field line, without CRLF.
  package var fieldLineBytesMax = 8_192
  /// All field lines of a head, or of a trailer section, together.
  package var fieldsBytesMax = 32_768
  /// Field lines of a head, or of a trailer section.
  package var fieldsCountMax = 100
  /// Content, after chunks are put together.
  package var bodyBytesMax = 16 << 20
  /// One chunk-size line with its extensions, without CRLF.
  package var chunkLineBytesMax = 1_024
  /// Chunk extensions of one message together.
  package var chunkExtensionsBytesMax = 8_192
  /// Interim (1xx) responses before the final one.
  package var interimResponsesMax = 8

  /// Content after a content coding is taken off.
  package var expandedBytesMax = 16 << 20
  /// Expanded octets for each one received, at every point; deflate itself reaches 1032.
  package var expansionRatioMax = 100
  /// What expands to no more is not asked for its ratio.
  package var expansionFreeBytes = 1 << 20

  package init() {}

  package init(bodyBytesMax: Int) { self.bodyBytesMax = bodyBytesMax }

  var expansion: GzipContent.Bounds {
    GzipContent.Bounds(
      bytesMax: expandedBytesMax, ratioMax: expansionRatioMax, freeBytes: expansionFreeBytes)
  }
}
