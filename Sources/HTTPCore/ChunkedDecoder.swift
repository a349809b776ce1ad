/// Puts chunks together. RFC 9112 §7.1 to the letter; extensions are checked and ignored,
/// trailers checked and dropped (they may not frame, route or authenticate anything).
struct ChunkedDecoder: Sendable {
  private enum Phase: Sendable {
    case size
    case data(Int)
    case dataReturn
    case dataLineFeed
    case trailers(FieldSection)
  }

  private var phase = Phase.size
  private var extensionsBytes = 0

  /// Reads on behind `body`; true once the message is whole.
  mutating func read(
    from input: inout InputBuffer, into body: inout [UInt8], limits: HTTPLimits
  ) throws(HTTPFault) -> Bool {
    while true {
      switch phase {
      case .size:
        guard let size = try readSize(from: &input, soFar: body.count, limits: limits) else {
          return false
        }
        phase = size == 0 ? .trailers(FieldSection()) : .data(size)
      case .data(let count):
        let rest = count - input.move(count, to: &body)
        phase = rest == 0 ? .dataReturn : .data(rest)
        if rest > 0 { return false }
      case .dataReturn:
        guard let octet = input.popFirst() else { return false }
        guard octet == .carriageReturn else { throw .badRequest("no CRLF behind a chunk") }
        phase = .dataLineFeed
      case .dataLineFeed:
        guard let octet = input.popFirst() else { return false }
        guard octet == .lineFeed else { throw .badRequest("no CRLF behind a chunk") }
        phase = .size
      case .trailers(var section):
        let isWhole = try section.read(from: &input, limits: limits)
        phase = .trailers(section)
        return isWhole
      }
    }
  }

  private mutating func readSize(
    from input: inout InputBuffer, soFar: Int, limits: HTTPLimits
  ) throws(HTTPFault) -> Int? {
    switch input.line(bytesMax: limits.chunkLineBytesMax, allowing: .fieldLine) {
    case .partial:
      return nil
    case .malformed:
      throw .badRequest("a chunk line holds a control character or a bare CR or LF")
    case .tooLong:
      throw .badRequest("a chunk line is too long")
    case .whole(let line):
      let digits = line.prefix { $0.hexDigitValue != nil }
      guard !digits.isEmpty else { throw .badRequest("a chunk has no size") }
      let extensions = line[digits.endIndex...]
      guard ChunkExtensions.areValid(extensions) else {
        throw .badRequest("a chunk size or extension is malformed")
      }
      extensionsBytes += extensions.count
      if extensionsBytes > limits.chunkExtensionsBytesMax {
        throw .badRequest("too many chunk extensions")
      }
      guard let size = Self.size(digits), size <= limits.bodyBytesMax - soFar else {
        throw HTTPFault(413, "the content is too large")
      }
      return size
    }
  }

  /// Nil where the number is too great.
  private static func size(_ digits: ArraySlice<UInt8>) -> Int? {
    let significant = digits.drop { $0 == UInt8(ascii: "0") }
    guard significant.count <= 15 else { return nil }
    return significant.reduce(0) { $0 << 4 | ($1.hexDigitValue ?? 0) }
  }
}

/// `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )`, RFC 9112 §7.1.1.
enum ChunkExtensions {
  static func areValid(_ octets: ArraySlice<UInt8>) -> Bool {
    var rest = octets
    while !rest.isEmpty {
      skipBlanks(&rest)
      guard rest.popFirst() == .semicolon else { return false }
      skipBlanks(&rest)
      guard skipToken(&rest) else { return false }
      var ahead = rest
      skipBlanks(&ahead)
      if ahead.first == .equals {
        rest = ahead.dropFirst()
        skipBlanks(&rest)
        guard rest.first == .quote ? skipQuoted(&rest) : skipToken(&rest) else { return false }
      }
    }
    return true
  }

  private static func skipBlanks(_ rest: inout ArraySlice<UInt8>) {
    rest = rest.drop(while: \.isBlank)
  }

  private static func skipToken(_ rest: inout ArraySlice<UInt8>) -> Bool {
    let count = rest.count
    rest = rest.drop(while: OctetSet.token.contains)
    return rest.count < count
  }

  private static func skipQuoted(_ rest: inout ArraySlice<UInt8>) -> Bool {
    rest.removeFirst()
    while let octet = rest.popFirst() {
      if octet == .quote { return true }
      if octet == .backslash && rest.popFirst() == nil { return false }
    }
    return false
  }
}
