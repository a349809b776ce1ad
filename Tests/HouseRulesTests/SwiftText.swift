/// Swift source with comments and the text of string literals blanked, so that a rule about code does not stumble over
/// prose. Line breaks stay, so line numbers hold; what an interpolation contains stays too, for it is code.
struct SwiftText {
  private let source: [UInt8]
  private var code: [UInt8] = []
  private var position = 0

  /// The code of `text`, as long as `text` itself.
  static func code(of text: String) -> String {
    var scanner = SwiftText(source: Array(text.utf8))
    scanner.code.reserveCapacity(scanner.source.count)
    scanner.scanCode(untilParenthesis: false)
    return String(decoding: scanner.code, as: UTF8.self)
  }

  private init(source: [UInt8]) { self.source = source }

  private func peek(_ offset: Int = 0) -> UInt8? {
    let index = position + offset
    return index < source.count ? source[index] : nil
  }

  private func startsHere(_ token: StaticString) -> Bool {
    let length = token.utf8CodeUnitCount
    guard position + length <= source.count else { return false }
    for offset in 0..<length where source[position + offset] != token.utf8Start[offset] {
      return false
    }
    return true
  }

  private mutating func keep() {
    code.append(source[position])
    position += 1
  }

  private mutating func blank(_ count: Int = 1) {
    for _ in 0..<count where position < source.count {
      code.append(source[position] == UInt8(ascii: "\n") ? UInt8(ascii: "\n") : UInt8(ascii: " "))
      position += 1
    }
  }

  private mutating func scanCode(untilParenthesis: Bool) {
    var depth = 0
    while let byte = peek() {
      if startsHere("//") {
        while let next = peek(), next != UInt8(ascii: "\n") { blank() }
      } else if startsHere("/*") {
        scanBlockComment()
      } else if byte == UInt8(ascii: "\"") {
        scanString(hashes: 0)
      } else if byte == UInt8(ascii: "#"), let hashes = hashesBeforeQuote() {
        blank(hashes)
        scanString(hashes: hashes)
      } else {
        if byte == UInt8(ascii: "(") { depth += 1 }
        if byte == UInt8(ascii: ")") {
          if untilParenthesis, depth == 0 { return }
          depth -= 1
        }
        keep()
      }
    }
  }

  private mutating func scanBlockComment() {
    var depth = 0
    while peek() != nil {
      if startsHere("/*") {
        depth += 1
        blank(2)
      } else if startsHere("*/") {
        depth -= 1
        blank(2)
        if depth == 0 { return }
      } else {
        blank()
      }
    }
  }

  private func hashesBeforeQuote() -> Int? {
    var count = 0
    while peek(count) == UInt8(ascii: "#") { count += 1 }
    return peek(count) == UInt8(ascii: "\"") ? count : nil
  }

  /// A literal from its opening quote to its closing hashes.
  private mutating func scanString(hashes: Int) {
    let isMultiline = startsHere("\"\"\"")
    let quotes = isMultiline ? 3 : 1
    blank(quotes)
    while let byte = peek() {
      if byte == UInt8(ascii: "\n"), !isMultiline { return }
      if byte == UInt8(ascii: "\""), closes(quotes: quotes, hashes: hashes) {
        return blank(quotes + hashes)
      }
      guard byte == UInt8(ascii: "\\"), follows(hashes: hashes, from: 1) else {
        blank()
        continue
      }
      blank(1 + hashes)
      if peek() == UInt8(ascii: "(") {
        keep()
        scanCode(untilParenthesis: true)
        if peek() != nil { keep() }
      } else {
        blank()
      }
    }
  }

  private func closes(quotes: Int, hashes: Int) -> Bool {
    (0..<quotes).allSatisfy { peek($0) == UInt8(ascii: "\"") }
      && follows(hashes: hashes, from: quotes)
  }

  private func follows(hashes: Int, from offset: Int) -> Bool {
    (0..<hashes).allSatisfy { peek(offset + $0) == UInt8(ascii: "#") }
  }
}
