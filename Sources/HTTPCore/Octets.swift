/// A set of octets, for the character classes of RFC 9110 and RFC 3986.
struct OctetSet: Sendable {
  private let words: (UInt64, UInt64)
  private let upperHalf: Bool

  /// `upperHalf` adds the octets 0x80 to 0xFF (obs-text).
  init(_ characters: StaticString, range: ClosedRange<UInt8>? = nil, upperHalf: Bool = false) {
    var words: (UInt64, UInt64) = (0, 0)
    func insert(_ octet: UInt8) {
      if octet < 64 { words.0 |= 1 << UInt64(octet) } else { words.1 |= 1 << UInt64(octet & 63) }
    }
    characters.withUTF8Buffer { for octet in $0 { insert(octet) } }
    if let range { for octet in range { insert(octet) } }
    self.words = words
    self.upperHalf = upperHalf
  }

  @inline(__always)
  func contains(_ octet: UInt8) -> Bool {
    if octet < 64 { return words.0 & (1 << UInt64(octet)) != 0 }
    if octet < 128 { return words.1 & (1 << UInt64(octet & 63)) != 0 }
    return upperHalf
  }

  func containsAll(of octets: ArraySlice<UInt8>) -> Bool {
    octets.withUnsafeBufferPointer { octets in
      for octet in octets where !contains(octet) { return false }
      return true
    }
  }
}

extension OctetSet {
  /// tchar, RFC 9110 §5.6.2.
  static let token = OctetSet(
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
  /// What a field line may hold: HTAB, SP, VCHAR, obs-text. RFC 9110 §5.5.
  static let fieldLine = OctetSet("\t", range: 0x20...0x7E, upperHalf: true)
  /// What a request line may hold at all: SP and VCHAR.
  static let requestLine = OctetSet(" ", range: 0x21...0x7E)
  /// unreserved, RFC 3986 §2.3.
  static let unreserved = OctetSet(
    "-._~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
  /// pchar without pct-encoded, and "/": an absolute path. RFC 3986 §3.3.
  static let path = OctetSet(
    "/-._~!$&'()*+,;=:@0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
  /// A query without pct-encoded. RFC 3986 §3.4.
  static let query = OctetSet(
    "/?-._~!$&'()*+,;=:@0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
  /// reg-name without pct-encoded. RFC 3986 §3.2.2.
  static let registeredName = OctetSet(
    "-._~!$&'()*+,;=0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
}

extension UInt8 {
  static let tab = UInt8(ascii: "\t")
  static let lineFeed = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let space = UInt8(ascii: " ")
  static let colon = UInt8(ascii: ":")
  static let comma = UInt8(ascii: ",")
  static let semicolon = UInt8(ascii: ";")
  static let equals = UInt8(ascii: "=")
  static let quote = UInt8(ascii: "\"")
  static let slash = UInt8(ascii: "/")
  static let percent = UInt8(ascii: "%")
  static let questionMark = UInt8(ascii: "?")
  static let backslash = UInt8(ascii: "\\")

  /// ASCII letters in lower case; every other octet as it is.
  @inline(__always)
  var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

  @inline(__always)
  var isDigit: Bool { self &- 0x30 < 10 }

  @inline(__always)
  var isBlank: Bool { self == .space || self == .tab }

  var hexDigitValue: Int? {
    if isDigit { return Int(self &- 0x30) }
    let letter = self | 0x20
    return letter &- 0x61 < 6 ? Int(letter &- 0x61) + 10 : nil
  }
}

/// Whether `octets` spell `lowercase`, ASCII letters in either case.
func equalsIgnoringCase(_ octets: ArraySlice<UInt8>, _ lowercase: StaticString) -> Bool {
  guard octets.count == lowercase.utf8CodeUnitCount else { return false }
  return lowercase.withUTF8Buffer { expected in
    zip(octets, expected).allSatisfy { $0.lowercased == $1 }
  }
}

extension String {
  /// Its octets in one piece.
  @inline(__always)
  func withOctets<T>(_ body: (UnsafeBufferPointer<UInt8>) -> T) -> T {
    var text = self
    return text.withUTF8(body)
  }
}

extension [UInt8] {
  /// The octets of a text.
  mutating func append(_ text: String) { text.withOctets { append(contentsOf: $0) } }
}

extension ArraySlice<UInt8> {
  func starts(with text: StaticString) -> Bool {
    text.withUTF8Buffer { prefix(text.utf8CodeUnitCount).elementsEqual($0) }
  }
}

/// 1*DIGIT as a number; nil for anything else. Too great a number is `Int.max`.
func decimalNumber(_ octets: some Collection<UInt8>) -> Int? {
  guard !octets.isEmpty, octets.allSatisfy(\.isDigit) else { return nil }
  var value = 0
  for octet in octets {
    let (product, overflow) = value.multipliedReportingOverflow(by: 10)
    let (sum, overflow2) = product.addingReportingOverflow(Int(octet &- 0x30))
    if overflow || overflow2 { return .max }
    value = sum
  }
  return value
}

extension ArraySlice<UInt8> {
  /// Without optional whitespace at both ends. RFC 9110 §5.6.3.
  var trimmingBlanks: ArraySlice<UInt8> {
    var (start, end) = (startIndex, endIndex)
    while start < end, self[start].isBlank { start += 1 }
    while start < end, self[end - 1].isBlank { end -= 1 }
    return self[start..<end]
  }
}
